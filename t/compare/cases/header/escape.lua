-- What would break the response is escaped.
local lines = {}
local function note(...)
    lines[#lines + 1] = table.concat({...})
end
local function text(v)
    if type(v) == "table" then
        return "{" .. table.concat(v, ", ") .. "}"
    end
    return tostring(v)
end
local function try(name, f)
    local function show(ok, ...)
        local t = {}
        for i = 1, select("#", ...) do
            t[i] = text((select(i, ...))):gsub("^[^ ]*:%d+: ", "")
        end
        note(name, ": ", tostring(ok), " ", table.concat(t, " | "))
    end
    show(pcall(f))
end
local h = ngx.header
try("crlf", function() h.x_a = "a\r\nX-Evil: 1" return h.x_a end)
try("lf", function() h.x_b = "a\nb" return h.x_b end)
try("controls", function() h.x_c = "\0\1\31\127 \t." return h.x_c end)
try("high", function() h.x_d = "\128\200\255" return h.x_d end)
try("name", function() h["x e\r\nf: (g)"] = "v" return h["x e\r\nf: (g)"], h["x%20e%0D%0Af%3A%20%28g%29"] end)
try("name high", function() h["x\200"] = "v" return h["x%C8"] end)
try("name delimiters", function() h['x"(),/:;<=>?@[\\]{}'] = "v" return h["x%22%28%29%2C%2F%3A%3B%3C%3D%3E%3F%40%5B%5C%5D%7B%7D"] end)
try("name nul", function() h["x\0y"] = "v" return h["x%00y"], h["x\0y"] end)
try("name token", function() h["x!#$%&'*+-.^`|~z"] = "v" return h["x!#$%&'*+-.^`|~z"] end)
try("list", function() h.x_l = {"a\r\n", "b\n"} return h.x_l end)
ngx.say(table.concat(lines, "\n"))

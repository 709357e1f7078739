-- Names that are no strings, and the empty one.
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
try("integer", function() h[1] = "v" return h[1], h["1"] end)
try("fraction", function() h[1.5] = "v" return h[1.5], h["1.5"] end)
try("boolean", function() h[true] = "v" return h[true], h["true"] end)
try("nil", function() h[nil] = "v" return h[nil], h["nil"] end)
try("empty", function() h[""] = "v" return h[""] end)
try("unknown", function() return h.nosuch, h[{}], h[print] end)
try("underscore", function() h.x_a_b = "1" h["x-a-b"] = "2" return h.x_a_b end)
try("raw", function() return rawget(h, "x_a_b"), next(h) end)
ngx.say(table.concat(lines, "\n"))

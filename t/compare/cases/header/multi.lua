-- Several values of one header.
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
try("two", function() h.x_two = {"a", "b"} return h.x_two end)
try("types", function() h.x_two = {"a", 2, true, 1.5} return h.x_two end)
try("empty ones", function() h.x_two = {"", "a", "", "b", ""} return h.x_two end)
try("only empty", function() h.x_two = {"", ""} return h.x_two end)
try("one", function() h.x_two = {"a"} return h.x_two end)
try("none", function() h.x_two = {"a", "b"} h.x_two = {} return h.x_two end)
try("map", function() h.x_two = "x" h.x_two = {a = 1} return h.x_two end)
try("fewer", function() h.x_two = {"a", "b", "c"} h.x_two = {"d"} return h.x_two end)
try("more", function() h.x_two = "a" h.x_two = {"b", "c"} return h.x_two end)
try("single", function() h.x_two = {"a", "b"} h.x_two = "c" return h.x_two end)
try("index", function()
    h.x_two = setmetatable({}, {__index = {"x"}})
    return h.x_two
end)
try("cookies", function() h.set_cookie = {"a=1; path=/", "b=2"} return h.set_cookie end)
try("cache", function() h.cache_control = {"private", "no-store"} return h["Cache-Control"] end)
try("cache one", function() h.cache_control = "public" return h.cache_control end)
try("link", function() h.link = {"<a>", "<b>"} return h.link end)
try("many", function()
    local t = {}
    for i = 1, 120 do
        t[i] = "v" .. i
    end
    h.x_many = t
    local r = h.x_many
    return #r, r[1], r[100], r[101]
end)
h.x_many = nil
h.x_two = {"p", "q"}
ngx.say(table.concat(lines, "\n"))

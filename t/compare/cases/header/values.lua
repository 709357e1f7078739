-- Setting one header to values of each type.
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
for _, v in ipairs{"text", 1, 1.5, 60/2, 1e100, true, false, ""} do
    try(text(v), function() h.x_one = v return h.x_one, h["X-One"], h["x-ONE"] end)
end
try("nil", function() h.x_one = "x" h.x_one = nil return h.x_one end)
try("null", function() h.x_one = ngx.null return h.x_one end)
try("empty", function() h.x_one = "x" h.x_one = "" return h.x_one end)
try("function", function() h.x_one = print return (h.x_one:gsub(":.*", "")) end)
try("late", function() h.x_one = "last" return h.x_one end)
ngx.say(table.concat(lines, "\n"))

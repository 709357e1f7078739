-- Arguments that ngx.exit refuses.
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
try("again", function() ngx.exit(ngx.AGAIN) end)
try("done", function() ngx.exit(ngx.DONE) end)
for _, v in ipairs{"200", "x", {}, print, ngx.null} do
    try("wrong", function() return (pcall(function() ngx.exit(v) end)) end)
end
try("nil", function() return (pcall(function() ngx.exit(nil) end)) end)
try("none", function() return (pcall(function() ngx.exit() end)) end)
ngx.say(table.concat(lines, "\n"))

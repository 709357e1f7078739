-- What ngx.status takes and gives back.
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
try("unset", function() return ngx.status, ngx.var.status end)
for _, v in ipairs{"201", 201.7, "0xCA", " 203 ", 404, 500, 299, 100, 999} do
    try("= " .. tostring(v), function() ngx.status = v return ngx.status, ngx.var.status end)
end
for _, v in ipairs{"abc", {}, true, print, ngx.null} do
    try("wrong", function() return (pcall(function() ngx.status = v end)) end)
end
try("nil", function() return (pcall(function() ngx.status = nil end)) end)
ngx.status = 200
ngx.say(table.concat(lines, "\n"))

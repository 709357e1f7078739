-- Keys that are no names.
local function try(name, f)
    local function show(ok, ...)
        local t = {}
        for i = 1, select("#", ...) do
            t[i] = tostring((select(i, ...))):gsub("^[^ ]*:%d+: ", "")
        end
        ngx.say(name, ": ", ok, " ", table.concat(t, " | "))
    end
    show(pcall(f))
end
local keys = {{"boolean", true}, {"table", {}}, {"function", print}, {"null", ngx.null}}
for i = 1, 4 do
    try("get " .. keys[i][1], function() return ngx.var[keys[i][2]] end)
    try("set " .. keys[i][1], function() ngx.var[keys[i][2]] = "x" end)
end
try("get nil", function() return ngx.var[nil] end)
for _, n in ipairs{0, -1, 100, 1/0, 2^63} do
    try("get " .. n, function() return ngx.var[n] end)
    try("set " .. n, function() ngx.var[n] = "x" end)
end
try("get nan", function() return ngx.var[0/0] end)
try("nul", function() return ngx.var["uri\0"], ngx.var["uri\0x"] end)
try("blank", function() return ngx.var[" uri"], ngx.var["uri "], ngx.var[""] end)
try("long", function() return ngx.var[string.rep("x", 10000)] end)
try("long prefix", function() return ngx.var["http_" .. string.rep("x", 10000)] end)

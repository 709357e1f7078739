-- What ngx.log and print take; the lines are not compared.
-- compare: log
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
local values = {{"nil", nil}, {"number", 1.5}, {"table", {}}, {"boolean", true}, {"string", "x"},
    {"function", print}, {"null", ngx.null}, {"false", false},
    {"tostring", setmetatable({}, {__tostring = function() return "TS" end})},
    {"coroutine", coroutine.create(function() end)}}
for i = 1, 10 do
    local v = values[i][2]
    try("log " .. values[i][1], function() ngx.log(ngx.ERR, v) end)
    try("log second " .. values[i][1], function() ngx.log(ngx.ERR, "a", v) end)
    try("print " .. values[i][1], function() print(v) end)
    if i ~= 2 then
        try("level " .. values[i][1], function() ngx.log(v, "x") end)
    end
end
try("no arguments", function() ngx.log() end)
try("no text", function() ngx.log(ngx.ERR) end)
try("no print", function() print() end)
for _, level in ipairs{-2, -1, 4, 4.7, 9, 100, "4", "0x4", "9"} do
    try("level " .. level, function() ngx.log(level, "level ", level) end)
end
try("results", function() return select("#", ngx.log(ngx.ERR, "x")), select("#", print("x")) end)

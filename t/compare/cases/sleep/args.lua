-- Arguments of ngx.sleep.
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
local values = {{"nil", nil}, {"table", {}}, {"boolean", true}, {"string", "x"},
    {"empty", ""}, {"function", print}, {"null", ngx.null}, {"-1", -1},
    {"-0.001", -0.001}, {"-1e10 string", "-2"}}
for i = 1, 10 do
    try(values[i][1], function() ngx.sleep(values[i][2]) end)
end
try("none", function() ngx.sleep() end)
try("two", function() ngx.sleep(0, 0) end)
try("three", function() ngx.sleep(nil, nil, nil) end)
for _, v in ipairs{0/0, 1/0, -1/0, 2^63, 1e300} do
    try("out of range", function()
        local ok, e = pcall(function() ngx.sleep(v) end)
        return ok, (e:gsub('".*"', '"N"'))
    end)
end
try("0", function() return select("#", ngx.sleep(0)) end)
try("0.0005", function() return select("#", ngx.sleep(0.0005)) end)
try("-0.0005", function() return select("#", ngx.sleep(-0.0005)) end)
try("numeric string", function() return select("#", ngx.sleep("0.001")) end)
try("fraction", function() return select("#", ngx.sleep(0.0019)) end)

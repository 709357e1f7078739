-- What ngx.ctx refuses.
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
local values = {{"nil", nil}, {"number", 1}, {"nan", 0/0}, {"big", 2^63}, {"boolean", false}, {"string", "x"},
    {"function", print}, {"null", ngx.null}, {"coroutine", coroutine.create(function() end)}}
ngx.ctx.kept = "kept"
for i = 1, 9 do
    try(values[i][1], function() ngx.ctx = values[i][2] end)
end
ngx.say(ngx.ctx.kept)

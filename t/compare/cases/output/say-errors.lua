-- Arguments that cannot be written, and where they are counted.
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
local co = coroutine.create(function() end)
for _, f in ipairs{"say", "print"} do
    local g = ngx[f]
    try(f .. " function", function() g(print) end)
    try(f .. " second", function() g("a", print) end)
    try(f .. " thread", function() g(co) end)
    try(f .. " in table", function() g("a", {1, {2, {print}}}) end)
    try(f .. " thread in table", function() g({co}) end)
    try(f .. " map", function() g({a = 1}) end)
    try(f .. " mixed", function() g("a", {1, 2, a = 1}) end)
    try(f .. " zero", function() g({[0] = 1}) end)
    try(f .. " negative", function() g({[-1] = 1}) end)
    try(f .. " fraction", function() g({[1.5] = 1}) end)
    try(f .. " boolean key", function() g({[true] = 1}) end)
    try(f .. " nested map", function() g("a", "b", {1, {a = 1}}) end)
    try(f .. " first of two", function() g(print, {a = 1}) end)
    try(f .. " userdata", function() g(io.stdout) end)
end
ngx.say("nothing of the failed calls was written")

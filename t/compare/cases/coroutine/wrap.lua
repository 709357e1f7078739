-- order: trace
local f = coroutine.wrap(function(...)
    local n = select("#", ...)
    while n < 5 do
        n = n + coroutine.yield(n)
    end
    return "end"
end)
ngx.say(f("x"))
ngx.say(f(1))
ngx.say(f(2))
ngx.say(f(3))

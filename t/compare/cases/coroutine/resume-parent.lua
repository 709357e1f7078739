-- order: trace
local outer
outer = coroutine.create(function()
    local inner = coroutine.create(function()
        ngx.say(coroutine.resume(outer))
    end)
    coroutine.resume(inner)
end)
coroutine.resume(outer)

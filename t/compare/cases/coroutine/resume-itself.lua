-- order: trace
local co
co = coroutine.create(function()
    ngx.say(coroutine.resume(co))
    ngx.say(coroutine.resume(coroutine.running()))
end)
coroutine.resume(co)

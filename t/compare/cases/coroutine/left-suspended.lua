-- order: trace
local co = coroutine.create(function()
    coroutine.yield()
    ngx.say("not reached")
end)
coroutine.resume(co)
ngx.say("end")

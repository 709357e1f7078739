-- order: trace
local t = ngx.thread.spawn(function()
    ngx.say("a")
    ngx.sleep(0.01)
    ngx.say("b")
    return "c", 4
end)
ngx.say("waiting, ", coroutine.status(t))
ngx.say(ngx.thread.wait(t))
ngx.say(coroutine.status(t))

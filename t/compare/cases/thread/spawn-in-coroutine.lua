-- order: trace
local co = coroutine.create(function()
    local t = ngx.thread.spawn(function()
        ngx.say("thread of a coroutine")
        ngx.sleep(0.01)
        return "result"
    end)
    ngx.say(ngx.thread.wait(t))
    return "co done"
end)
ngx.say(coroutine.resume(co))
ngx.say(coroutine.status(co))

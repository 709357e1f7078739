-- The killed thread waits inside an ordinary coroutine.
-- order: trace
local t = ngx.thread.spawn(function()
    local co = coroutine.create(function()
        ngx.sleep(0.02)
        ngx.say("the coroutine goes on")
    end)
    coroutine.resume(co)
    ngx.say("and the thread too")
end)
ngx.say(ngx.thread.kill(t))
ngx.sleep(0.05)
ngx.say("end")

-- order: trace
local t = ngx.thread.spawn(function()
    ngx.say("one")
    coroutine.yield()
    ngx.say("not reached")
end)
ngx.say(ngx.thread.kill(t))
ngx.sleep(0.01)
ngx.say("end")

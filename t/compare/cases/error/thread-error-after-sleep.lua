-- order: trace
local t = ngx.thread.spawn(function()
    ngx.sleep(0.01)
    error("boom", 0)
end)
ngx.say(ngx.thread.wait(t))
ngx.say("goes on")

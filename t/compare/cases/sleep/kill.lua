-- A killed sleeper does not come back.
local t = ngx.thread.spawn(function()
    ngx.sleep(0.01)
    ngx.say("not reached")
end)
ngx.say(ngx.thread.kill(t))
ngx.sleep(0.03)
ngx.say(ngx.thread.kill(t))

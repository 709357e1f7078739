-- order: trace
local t = ngx.thread.spawn(function()
    ngx.sleep(0.01)
    ngx.exit(410)
end)
ngx.thread.wait(t)
ngx.say("not reached")

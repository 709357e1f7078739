-- ngx.exit(403) from a light thread after a sleep.
local t = ngx.thread.spawn(function()
    ngx.sleep(0.005)
    ngx.exit(403)
end)
ngx.sleep(0.5)
ngx.say("not reached")

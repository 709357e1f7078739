-- order: trace
local t = ngx.thread.spawn(function()
    ngx.say("thread exits")
    ngx.exit(ngx.OK)
    ngx.say("not reached")
end)
ngx.say("not reached either")

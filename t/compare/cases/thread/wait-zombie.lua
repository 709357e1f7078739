-- order: trace
local t = ngx.thread.spawn(function() return "done" end)
ngx.say(coroutine.status(t))
ngx.say(ngx.thread.wait(t))
ngx.say(coroutine.status(t))
ngx.say(ngx.thread.wait(t))

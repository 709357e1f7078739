-- order: trace
local co = coroutine.create(function() end)
ngx.say(ngx.thread.kill(co))

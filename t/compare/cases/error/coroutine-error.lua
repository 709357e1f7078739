-- order: trace
local co = coroutine.create(function() error("in coroutine") end)
ngx.say(coroutine.resume(co))
ngx.say(coroutine.status(co))
ngx.say(coroutine.resume(co))

-- order: trace
local f = coroutine.wrap(function() return 1 end)
ngx.say(f())
ngx.say(pcall(f))

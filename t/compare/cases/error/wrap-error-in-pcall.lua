-- order: trace
local f = coroutine.wrap(function() error("wrapped", 0) end)
ngx.say(pcall(f))
ngx.say("goes on")

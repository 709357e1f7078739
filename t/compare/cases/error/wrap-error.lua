-- order: trace
-- compare: error
local f = coroutine.wrap(function() error("wrapped", 0) end)
f()
ngx.say("not reached")

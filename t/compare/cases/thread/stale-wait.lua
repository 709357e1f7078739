-- A thread that was waited for with another one ends later.
-- order: trace
local a = ngx.thread.spawn(function() ngx.sleep(0.01) return "a" end)
local b = ngx.thread.spawn(function() ngx.sleep(0.05) return "b" end)
ngx.say(ngx.thread.wait(a, b))
ngx.say("sleep gives: ", ngx.sleep(0.1))
ngx.say(ngx.thread.wait(b))

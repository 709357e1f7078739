-- order: trace
local a = ngx.thread.spawn(function() return "a" end)
ngx.thread.wait(a)
local b = ngx.thread.spawn(function() ngx.sleep(0.01) return "b" end)
ngx.say(ngx.thread.wait(a, b))
ngx.say(ngx.thread.wait(b, a))

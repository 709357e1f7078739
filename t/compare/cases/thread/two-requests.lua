-- order: trace
-- requests: 3
local t = ngx.thread.spawn(function() ngx.sleep(0.005) return "again" end)
ngx.say(ngx.thread.wait(t))

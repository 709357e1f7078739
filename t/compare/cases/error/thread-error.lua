-- order: trace
-- compare: error
local t = ngx.thread.spawn(function() error("boom") end)
ngx.say(ngx.thread.wait(t))

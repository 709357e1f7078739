-- order: trace
local t = ngx.thread.spawn(function() error() end)
local ok, err = ngx.thread.wait(t)
ngx.say(ok, " ", type(err))

-- order: trace
local t = ngx.thread.spawn(function() error({code = 42}) end)
local ok, err = ngx.thread.wait(t)
ngx.say(ok, " ", type(err), " ", err.code)

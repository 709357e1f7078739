-- A table to be filled.
-- args: a=1&b=2
local t = {old = 1, a = "old", 1, 2, 3}
local r = ngx.req.get_uri_args(0, t)
ngx.say(r == t, " ", tostring(t.old), " ", t.a, t.b, " ", tostring(t[1]))
r = ngx.req.get_uri_args(1, t)
ngx.say(r == t, " ", t.a, " ", tostring(t.b))
ngx.say(ngx.req.get_uri_args(0, false).a, " ", ngx.req.get_uri_args(0, nil).b)
ngx.say(pcall(function() ngx.req.get_uri_args(0, "x") end) == false)
ngx.say(pcall(function() ngx.req.get_uri_args(0, 1) end) == false)

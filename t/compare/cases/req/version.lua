-- ngx.req.http_version.
local v = ngx.req.http_version()
ngx.say(v, " ", type(v), " ", v == 1.1, " ", ngx.req.http_version(1) == v)

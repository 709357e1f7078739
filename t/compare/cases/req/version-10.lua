-- The same for HTTP/1.0.
-- version: 1.0
local v = ngx.req.http_version()
ngx.say(v, " ", v == 1, " ", ngx.var.server_protocol)

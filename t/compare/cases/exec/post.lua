-- also: /sub content _body.lua
-- method: POST
-- body: a=1&b=2
if ngx.var.arg_read then ngx.req.read_body() end
ngx.exec("/sub")

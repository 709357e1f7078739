-- What the log phase sees of the response and may not change.
-- phase: log
-- compare: log
ngx.log(ngx.ERR, ngx.status, " ", ngx.var.status, " ", ngx.headers_sent, " ", ngx.var.request_completion, " ", ngx.is_subrequest, " ", ngx.req.get_method())
local before = ngx.header.x_none
ngx.header.x_none = "late"
ngx.status = 500
ngx.log(ngx.ERR, tostring(before), " ", tostring(ngx.header.x_none), " ", ngx.status)

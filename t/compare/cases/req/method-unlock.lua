-- ngx.req.get_method of UNLOCK.
-- method: UNLOCK
ngx.say(ngx.req.get_method(), " ", ngx.var.request_method)

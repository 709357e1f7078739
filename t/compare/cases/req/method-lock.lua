-- ngx.req.get_method of LOCK.
-- method: LOCK
ngx.say(ngx.req.get_method(), " ", ngx.var.request_method)

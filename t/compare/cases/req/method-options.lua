-- ngx.req.get_method of OPTIONS.
-- method: OPTIONS
ngx.say(ngx.req.get_method(), " ", ngx.var.request_method)

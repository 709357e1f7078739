-- ngx.req.get_method of PATCH.
-- method: PATCH
ngx.say(ngx.req.get_method(), " ", ngx.var.request_method)

-- ngx.req.get_method of PROPFIND.
-- method: PROPFIND
ngx.say(ngx.req.get_method(), " ", ngx.var.request_method)

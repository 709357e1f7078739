-- ngx.req.get_method of FOO.
-- method: FOO
ngx.say(ngx.req.get_method(), " ", ngx.var.request_method)

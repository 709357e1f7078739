-- ngx.req.get_method of MKCOL.
-- method: MKCOL
ngx.say(ngx.req.get_method(), " ", ngx.var.request_method)

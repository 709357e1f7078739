-- ngx.req.get_method of PROPPATCH.
-- method: PROPPATCH
ngx.say(ngx.req.get_method(), " ", ngx.var.request_method)

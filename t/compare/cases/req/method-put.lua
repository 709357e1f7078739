-- ngx.req.get_method of PUT.
-- method: PUT
ngx.say(ngx.req.get_method(), " ", ngx.var.request_method)

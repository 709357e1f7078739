-- ngx.req.get_method of POST.
-- method: POST
ngx.say(ngx.req.get_method(), " ", ngx.var.request_method)

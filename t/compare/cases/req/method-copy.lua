-- ngx.req.get_method of COPY.
-- method: COPY
ngx.say(ngx.req.get_method(), " ", ngx.var.request_method)

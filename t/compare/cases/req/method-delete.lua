-- ngx.req.get_method of DELETE.
-- method: DELETE
ngx.say(ngx.req.get_method(), " ", ngx.var.request_method)

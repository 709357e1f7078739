-- ngx.req.get_method of MOVE.
-- method: MOVE
ngx.say(ngx.req.get_method(), " ", ngx.var.request_method)

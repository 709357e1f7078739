ngx.req.read_body() ngx.say(ngx.req.get_method(), " ", ngx.req.get_body_data())

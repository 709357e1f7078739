-- ngx.req.get_method.
ngx.say(ngx.req.get_method(), " ", ngx.req.get_method(1, nil, {}))

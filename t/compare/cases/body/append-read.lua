-- append_body without init_body.
-- method: POST
-- body: abc
ngx.req.read_body()
ngx.say(pcall(ngx.req.append_body, "def"))
ngx.say(pcall(ngx.req.finish_body))
ngx.say(ngx.req.get_body_data())

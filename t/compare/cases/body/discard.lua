-- A short body is gone at once.
-- method: POST
-- body: abc
-- requests: 2
ngx.say(select("#", ngx.req.discard_body()))
ngx.say(pcall(ngx.req.set_body_data, "x"))
ngx.say(ngx.req.get_body_data())
ngx.req.read_body()
ngx.say(ngx.req.get_body_data(), " ", ngx.req.get_body_file())
ngx.say(next(ngx.req.get_post_args()))
ngx.req.discard_body()
ngx.req.set_body_data("x")
ngx.say(ngx.req.get_body_data())

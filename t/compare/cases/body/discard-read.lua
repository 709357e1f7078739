-- What was read is not discarded.
-- method: POST
-- body: abc
ngx.req.read_body()
ngx.req.discard_body()
ngx.say(ngx.req.get_body_data())

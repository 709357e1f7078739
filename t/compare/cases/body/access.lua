-- In an access check that answers.
-- phase: access
-- method: POST
-- body: abc
ngx.req.read_body()
ngx.say(ngx.req.get_body_data())
ngx.exit(200)

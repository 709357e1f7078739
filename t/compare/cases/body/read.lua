-- The body in memory.
-- method: POST
-- body: hello=world&x=1
ngx.say(ngx.req.get_body_data(), " ", ngx.req.get_body_file())
ngx.say(select("#", ngx.req.read_body()))
ngx.say(ngx.req.get_body_data(), " ", ngx.req.get_body_file())
ngx.say(select("#", ngx.req.read_body()))
ngx.sleep(0.001)
ngx.say(ngx.req.get_body_data())

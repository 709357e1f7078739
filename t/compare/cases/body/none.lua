-- No body.
ngx.req.read_body()
ngx.say(ngx.req.get_body_data(), " ", ngx.req.get_body_file())
ngx.say(next(ngx.req.get_post_args()))
ngx.say(pcall(ngx.req.append_body, "x"))
ngx.say(pcall(ngx.req.finish_body))
ngx.req.set_body_data("made")
ngx.say(ngx.req.get_body_data(), " ", ngx.req.get_headers().content_length)

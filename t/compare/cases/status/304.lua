-- Status 304 has no body.
ngx.status = 304
ngx.header.x_case = "kept"
ngx.say("body")

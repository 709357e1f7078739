-- Status 204 has no body.
ngx.status = 204
ngx.header.x_case = "kept"
ngx.say("body")

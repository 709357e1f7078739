-- ngx.exit(502) with headers set before.
ngx.header.x_kept = "kept"
ngx.header.set_cookie = {"a=1", "b=2"}
ngx.header.content_type = "text/x-lost"
ngx.exit(502)
ngx.say("not reached")

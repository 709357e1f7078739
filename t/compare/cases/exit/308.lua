-- ngx.exit(308) with headers set before.
ngx.header.x_kept = "kept"
ngx.header.set_cookie = {"a=1", "b=2"}
ngx.header.content_type = "text/x-lost"
ngx.header.location = "http://localhost/there"
ngx.exit(308)
ngx.say("not reached")

-- ngx.exit(302) of an access phase, with headers.
-- phase: access
ngx.header.x_access = "a"
ngx.header.set_cookie = {"a=1", "b=2"}
ngx.header.location = "http://localhost/there"
ngx.sleep(0.001)
ngx.exit(302)

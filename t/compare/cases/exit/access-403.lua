-- ngx.exit(403) of an access phase, with headers.
-- phase: access
ngx.header.x_access = "a"
ngx.header.set_cookie = {"a=1", "b=2"}
ngx.sleep(0.001)
ngx.exit(403)

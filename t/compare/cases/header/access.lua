-- Headers and status of an access phase before a static file.
-- phase: access
ngx.header.x_access = "a"
ngx.header.set_cookie = {"a=1", "b=2"}
ngx.header.cache_control = {"private", "no-store"}
ngx.header.content_type = "text/x-overridden"
ngx.status = 203

-- set_uri in the access phase: what follows has the new URI.
-- phase: access
-- request: GET /nosuch?a=1
ngx.req.set_uri("/t.txt")
ngx.req.set_uri_args("b=2")
ngx.header.x_uri = ngx.var.uri .. " " .. ngx.var.args .. " " .. ngx.var.request_uri

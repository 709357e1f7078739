-- The page of a file that is not there; the same status asked for again.
-- phase: header_filter
-- request: GET /nosuch
ngx.header.x_n = (ngx.header.x_n or "") .. "+"
ngx.exit(404)

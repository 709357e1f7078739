-- phase: header_filter
ngx.header.x_n = (ngx.header.x_n or "") .. "+"
ngx.exit(503)
ngx.header.x_after = tostring(ngx.status)

-- phase: header_filter
-- ignore: Last-Modified
ngx.status = 203
ngx.header.x_a = ngx.status

-- phase: header_filter
-- ignore: Last-Modified
ngx.status = 299

-- The body stays that of the file.
-- phase: header_filter
-- ignore: Last-Modified
ngx.status = 404

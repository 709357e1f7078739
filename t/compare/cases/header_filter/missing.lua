-- The filter of an error page.
-- phase: header_filter
-- request: GET /nosuch
ngx.header.x_a = ngx.status

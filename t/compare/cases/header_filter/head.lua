-- phase: header_filter
-- request: HEAD /t.txt
ngx.header.x_a = ngx.status .. ngx.req.get_method()

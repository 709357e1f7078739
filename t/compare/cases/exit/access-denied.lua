-- phase: access
-- order: trace
ngx.sleep(0.005)
ngx.exit(ngx.HTTP_FORBIDDEN)

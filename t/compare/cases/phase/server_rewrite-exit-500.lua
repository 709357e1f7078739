-- phase: server_rewrite
-- order: trace
ngx.header["X-Before"] = "set"
ngx.exit(500)

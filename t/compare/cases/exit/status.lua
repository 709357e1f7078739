-- order: trace
ngx.exit(403)

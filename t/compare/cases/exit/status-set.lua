-- ngx.status before ngx.exit(0).
ngx.status = 201
ngx.header.x_kept = "kept"
ngx.exit(ngx.OK)

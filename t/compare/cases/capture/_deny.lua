ngx.exit(403)

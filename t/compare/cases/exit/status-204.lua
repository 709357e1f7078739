-- ngx.status, then ngx.exit(204).
ngx.status = 201
ngx.exit(204)

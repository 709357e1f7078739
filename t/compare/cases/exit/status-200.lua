-- ngx.status, then ngx.exit(200).
ngx.status = 201
ngx.exit(200)

-- ngx.status and another one by ngx.exit.
ngx.status = 201
ngx.exit(403)

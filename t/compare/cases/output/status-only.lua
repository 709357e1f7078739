-- A status without a body.
ngx.status = 201

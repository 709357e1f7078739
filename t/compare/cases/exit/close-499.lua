-- ngx.exit(499) closes the connection.
ngx.header.x_lost = "lost"
ngx.exit(499)

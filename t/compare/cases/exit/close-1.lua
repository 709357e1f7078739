-- ngx.exit(-1) closes the connection.
ngx.header.x_lost = "lost"
ngx.exit(-1)

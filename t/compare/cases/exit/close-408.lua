-- ngx.exit(408) closes the connection.
ngx.header.x_lost = "lost"
ngx.exit(408)

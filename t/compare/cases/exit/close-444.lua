-- ngx.exit(444) closes the connection.
ngx.header.x_lost = "lost"
ngx.exit(444)

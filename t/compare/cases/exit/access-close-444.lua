-- ngx.exit(444) of an access phase closes the connection.
-- phase: access
ngx.header.x_lost = "a"
ngx.exit(444)

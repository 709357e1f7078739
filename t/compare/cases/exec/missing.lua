ngx.header.x_before = "set before"
return ngx.exec("/nothing/here")

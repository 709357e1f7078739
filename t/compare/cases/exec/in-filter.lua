-- phase: header_filter
ngx.header.x_error = select(2, pcall(ngx.exec, "/t.txt")):match(".*context")

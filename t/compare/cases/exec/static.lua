ngx.status = 404
ngx.header.x_before = "set before"
ngx.header.content_type = "text/x-test"
ngx.sleep(0.001)
return ngx.exec("/t.txt")

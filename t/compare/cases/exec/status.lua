-- also: /sub content _target.lua
ngx.status = 404
ngx.header.content_type = "text/x-test"
return ngx.exec("/sub")

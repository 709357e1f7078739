-- also: /sub content _target.lua
ngx.header.x_before = "set before"
return ngx.exec("/sub", "a=1&b=2")

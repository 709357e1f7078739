-- method: HEAD
-- also: /sub content _target.lua
ngx.exec("/sub")

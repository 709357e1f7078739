-- phase: rewrite
-- also: /sub content _target.lua
return ngx.exec("/sub")

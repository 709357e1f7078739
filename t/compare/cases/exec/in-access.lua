-- phase: access
-- also: /sub content _target.lua
ngx.sleep(0.001)
return ngx.exec("/sub", "park=1")

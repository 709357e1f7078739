-- also: /sub content _target.lua
-- args: mine=1
return ngx.exec("/sub", nil)

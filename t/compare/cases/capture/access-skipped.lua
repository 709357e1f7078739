-- also: /sub access _deny.lua
local res = ngx.location.capture("/sub/t.txt")
ngx.say(res.status)

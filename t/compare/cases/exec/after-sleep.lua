-- also: /sub content _target.lua
-- order: trace
ngx.thread.spawn(function () ngx.sleep(3600) end)
ngx.sleep(0.001)
return ngx.exec("/sub", "park=1")

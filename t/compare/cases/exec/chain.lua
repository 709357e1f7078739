-- also: /one content _chain1.lua
-- also: /two access _chain2.lua
-- also: /sub content _target.lua
-- order: trace
ngx.sleep(0.001)
ngx.exec("/one")

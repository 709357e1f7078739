-- phase: access
-- also: /sub content _sub.lua
-- order: trace
local res = ngx.location.capture("/sub?say=x&late=0.01")
ngx.header["X-Got"] = res.body:sub(1, 1) .. res.status

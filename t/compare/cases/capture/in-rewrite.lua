-- phase: rewrite
-- also: /sub content _sub.lua
ngx.header["X-Got"] = ngx.location.capture("/sub?say=x").status

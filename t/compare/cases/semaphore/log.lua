-- phase: log
-- compare: log
local s = require("ngx.semaphore").new(1)
ngx.log(ngx.WARN, tostring(s:post()), " ", s:count())
local ok, err = s:wait(0)
ngx.log(ngx.WARN, tostring(ok), " ", (err:gsub("context of .*", "context")))

-- phase: log
-- compare: log
local ok, why = pcall(ngx.redirect, "/x")
ngx.log(ngx.ERR, (tostring(why):gsub(" of .*", "")))

-- phase: log
-- compare: log
ngx.log(ngx.ERR, (select(2, pcall(ngx.location.capture, "/sub")):gsub(" of .*", "")))

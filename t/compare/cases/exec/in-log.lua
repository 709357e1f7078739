-- phase: log
-- compare: log
ngx.log(ngx.ERR, select(2, pcall(ngx.exec, "/t.txt")):match(".*context"))

-- phase: log
-- compare: log
ngx.log(ngx.WARN, "before")
error("on purpose")

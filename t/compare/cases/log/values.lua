-- What becomes of values in a line.
-- compare: log
ngx.log(ngx.ERR, 1, " ", 1.5, " ", 60/2, " ", 1e100, " ", -0.5, true, false, nil, ngx.null)
ngx.log(ngx.ERR)
ngx.log(ngx.WARN, "")
ngx.log(ngx.NOTICE, setmetatable({}, {__tostring = function() return "made by __tostring" end}), "|")
print("a", 1, nil, true)
print()
ngx.log(ngx.CRIT, "crit")
ngx.log(ngx.ALERT, "alert")
ngx.log(ngx.ERR, "100%s %d %n %%")
ngx.say("ok")

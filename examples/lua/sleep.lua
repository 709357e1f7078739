-- A request that waits.  Until it goes on it is a timer and some memory; the
-- thread that began it has long been serving others.
local seconds = tonumber(ngx.var.arg_seconds) or 2

if seconds < 0 or seconds > 60 then
    return ngx.exit(ngx.HTTP_BAD_REQUEST)
end

local start = ngx.now()
ngx.sleep(seconds)
ngx.update_time()
ngx.say(string.format("slept for %.2f seconds", ngx.now() - start))

-- ngx.exit where it cannot yield.
ngx.say("before")
local ok = pcall(table.sort, {3, 2, 1}, function(a, b)
    local sleeping, e = pcall(ngx.sleep, 0)
    return a < b
end)
ngx.say("after ", ok)

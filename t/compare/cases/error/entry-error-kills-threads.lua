-- order: trace
-- wait: 0.1
ngx.thread.spawn(function()
    ngx.sleep(0.05)
    ngx.log(ngx.ERR, "not reached")
end)
error("entry fails")

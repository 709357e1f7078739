-- phase: access
-- order: trace
local t = ngx.thread.spawn(function()
    ngx.sleep(0.01)
    return "checked"
end)
ngx.header["X-Checked"] = select(2, ngx.thread.wait(t))

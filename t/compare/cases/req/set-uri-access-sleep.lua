-- The same after a wait, in a light thread.
-- phase: access
-- request: GET /nosuch?a=1
ngx.sleep(0.001)
ngx.thread.wait(ngx.thread.spawn(function()
    ngx.sleep(0.001)
    ngx.req.set_uri("/t.txt")
end))
ngx.header.x_uri = ngx.var.uri .. " " .. ngx.var.args

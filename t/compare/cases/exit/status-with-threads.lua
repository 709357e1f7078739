-- order: trace
-- wait: 0.1
for i = 1, 3 do
    ngx.thread.spawn(function()
        ngx.sleep(0.05)
        ngx.log(ngx.ERR, "not reached")
    end)
end
ngx.exit(ngx.HTTP_NOT_FOUND)

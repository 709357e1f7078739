-- order: trace
ngx.thread.spawn(function() return 1 end)
ngx.thread.spawn(function() ngx.sleep(5) end)
ngx.thread.spawn(function() ngx.exit(204) end)

-- also: /sub content _target.lua
-- order: trace
ngx.thread.spawn(function ()
    coroutine.wrap(function ()
        pcall(ngx.exec, "/sub", "park=1")
    end)()
end)
ngx.sleep(3600)

-- order: trace
local t = ngx.thread.spawn(function()
    pcall(coroutine.wrap(function()
        ngx.sleep(0.005)
        pcall(ngx.exit, 409)
    end))
    ngx.say("not reached")
end)
ngx.thread.wait(t)

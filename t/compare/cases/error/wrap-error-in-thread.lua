-- order: trace
local t = ngx.thread.spawn(function()
    local f = coroutine.wrap(function() error("wrapped", 0) end)
    f()
end)
ngx.say(ngx.thread.wait(t))

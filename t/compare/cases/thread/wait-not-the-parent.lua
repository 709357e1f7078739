-- order: trace
local a = ngx.thread.spawn(function() ngx.sleep(0.01) return "a" end)
local b = ngx.thread.spawn(function()
    ngx.say(pcall(ngx.thread.wait, a))
end)
ngx.thread.wait(b)
ngx.say(ngx.thread.wait(a))

-- order: trace
local t = ngx.thread.spawn(function()
    for i = 1, 3 do
        ngx.say("sleeper ", i)
        ngx.sleep(0.005)
    end
end)
for i = 1, 3 do
    ngx.say("yielder ", i)
    coroutine.yield()
end
ngx.thread.wait(t)

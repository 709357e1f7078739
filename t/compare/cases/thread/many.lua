-- order: trace
local ts = {}
for i = 1, 20 do
    ts[i] = ngx.thread.spawn(function() coroutine.yield() return i end)
end
local sum = 0
for i = 1, 20 do
    sum = sum + select(2, ngx.thread.wait(ts[i]))
end
ngx.say(sum)

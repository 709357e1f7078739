-- order: trace
local co = coroutine.create(function()
    for i = 1, 3 do
        ngx.sleep(0.005)
        coroutine.yield(i)
    end
end)
while true do
    local ok, i = coroutine.resume(co)
    if not i then break end
    ngx.say(i)
end

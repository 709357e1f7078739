-- The same thread is waited for with others, again and again.
-- order: trace
local function f(n)
    ngx.sleep(n / 50)
    return n
end
local ts = {}
for i = 1, 4 do
    ts[i] = ngx.thread.spawn(f, i)
end
while #ts > 0 do
    local ok, n = ngx.thread.wait((table.unpack or unpack)(ts))
    ngx.say(ok, " ", n)
    for i, t in ipairs(ts) do
        if coroutine.status(t) ~= "running" then
            table.remove(ts, i)
            break
        end
    end
end

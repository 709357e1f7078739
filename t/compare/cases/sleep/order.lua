-- Sleepers come back in the order of their times.
local t = {}
for i, ms in ipairs{50, 10, 30, 20, 40} do
    t[i] = ngx.thread.spawn(function()
        ngx.sleep(ms / 1000)
        ngx.say("slept ", ms)
        return ms
    end)
    ngx.say("spawned ", ms)
end
for i = 1, 5 do
    local ok, ms = ngx.thread.wait(t[i])
    ngx.say("waited for ", ms)
end

-- Equal times: first armed, first woken.
local t = {}
for i = 1, 10 do
    t[i] = ngx.thread.spawn(function()
        ngx.sleep(0.02)
        ngx.say("woken ", i)
    end)
end
for i = 1, 10 do
    ngx.thread.wait(t[i])
end

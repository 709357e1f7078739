-- order: trace
local ts = {}
for i = 1, 4 do
    ts[i] = ngx.thread.spawn(function()
        ngx.sleep((5 - i) / 50)
        ngx.say("woke ", i)
        return i
    end)
end
for i = 1, 4 do
    ngx.say("result ", select(2, ngx.thread.wait(ts[i])))
end

-- order: trace
local function iter(n, i)
    ngx.sleep(0.002)
    if i < n then
        return i + 1
    end
end
for i in iter, 3, 0 do
    ngx.say(i)
end

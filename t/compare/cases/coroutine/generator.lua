-- order: trace
local function permute(a, n)
    if n == 0 then
        coroutine.yield(table.concat(a, " "))
    else
        for i = 1, n do
            a[n], a[i] = a[i], a[n]
            permute(a, n - 1)
            a[n], a[i] = a[i], a[n]
        end
    end
end
for p in coroutine.wrap(function() permute({1, 2, 3}, 3) end) do
    ngx.say(p)
end

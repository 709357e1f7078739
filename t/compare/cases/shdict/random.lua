-- phase: content
-- nginx-global: lua_shared_dict compare_random 4m;
-- httpd-global: LuaCoSharedDict compare_random 4m
-- All methods in a random order, from several seeds; after each step what it
-- returned, now and then all keys in the order of their use.  What expires has
-- expired before the next step: nginx has a clock of its own.  And it goes after
-- that step, since Debian's nginx counts a look at it as its use, which newer
-- ones do not.
local d = ngx.shared.compare_random
local x

local function rnd(n)
    x = x * 16807 % 2147483647
    return x % n
end

local function show(...)
    local t = { ... }
    for i = 1, select("#", ...) do
        local v = t[i]
        if type(v) == "string" and #v > 20 then v = v:sub(1, 20) .. "(" .. #v .. ")" end
        t[i] = tostring(v)
    end
    return table.concat(t, ",")
end

local function key()
    local k = rnd(24)
    if k == 0 then return ("long"):rep(200) end
    return "k" .. k
end

local function value()
    local r = rnd(12)
    if r == 0 then return rnd(2) == 0 end
    if r == 1 then return rnd(1000) / 8 end
    if r == 2 then return nil end
    if r < 6 then return rnd(100000) end
    return ("v"):rep(rnd(300))
end

local expired

local function ttl()
    local r = rnd(8)
    if r == 0 then
        expired = true
        return 0.001
    end
    if r < 3 then return 1000 end
    return 0
end

local steps = {}
local function step(weight, f)
    for _ = 1, weight do steps[#steps + 1] = f end
end

for _, name in ipairs({ "set", "safe_set", "add", "safe_add", "replace" }) do
    step(3, function() return name, d[name](d, key(), value(), ttl(), rnd(4)) end)
end
step(8, function() return "get", d:get(key()) end)
step(6, function() return "get_stale", d:get_stale(key()) end)
step(2, function() return "delete", d:delete(key()) end)
step(3, function() return "incr", d:incr(key(), rnd(10)) end)
step(3, function() return "incr", d:incr(key(), rnd(10) / 4, rnd(5), ttl()) end)
for _, name in ipairs({ "lpush", "rpush" }) do
    step(5, function() return name, d[name](d, key(), rnd(2) == 0 and rnd(100) or ("i"):rep(rnd(80))) end)
end
for _, name in ipairs({ "lpop", "rpop", "llen" }) do
    step(3, function() return name, d[name](d, key()) end)
end
step(2, function()
    local t = d:ttl(key())
    -- that of what is over for 5 ms is "not found" there
    return "ttl", t and t >= 0 and (t > 0 and "some" or t) or "none"
end)
step(3, function() return "expire", d:expire(key(), ttl()) end)
step(1, function() return "flush_expired", d:flush_expired(rnd(3)) end)
step(2, function() return "keys", table.concat(d:get_keys(rnd(2) * 5), " ") end)
step(1, function()
    if rnd(10) == 0 then
        expired = true
        return "flush_all", d:flush_all()
    end
end)

for seed = 1, 6 do
    x = seed
    d:flush_all()
    d:flush_expired()
    local was_expired
    for i = 1, 400 do
        expired = false
        ngx.say(i, " ", show(steps[rnd(#steps) + 1]()))
        if expired then ngx.sleep(0.004) end
        if was_expired then ngx.say(d:flush_expired()) end
        was_expired = expired
    end
    ngx.say("-- ", seed, ": ", table.concat(d:get_keys(0), " "))
end

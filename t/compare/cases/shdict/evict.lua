-- phase: content
-- nginx-global: lua_shared_dict compare_evict 64k;
-- httpd-global: LuaCoSharedDict compare_evict 64k
-- A dictionary that is full.  How much it takes is each server's own.
local d = ngx.shared.compare_evict
local v = ("x"):rep(900)

local function fill(name)
    local ok, err, forced
    for i = 1, 1000 do
        ok, err, forced = d[name](d, name .. i, v)
        if forced or not ok then
            ngx.say(name, ": ", tostring(ok), " ", tostring(err), " ", tostring(forced))
            return i
        end
    end
    ngx.say("never full")
end

local n = fill("set")
ngx.say(d:get("set1") == nil, " ", d:get("set2") == v, " ", d:get("set" .. n) == v)
-- what was used last stays
d:get("set2")
d:set("one more", v)
ngx.say(d:get("set2") == v, " ", d:get("set3") == nil)
ngx.say(d:safe_set("safe", v))
ngx.say(d:safe_add("safe", v))
ngx.say(d:get("safe"))
ngx.say(d:add("forced", v))
ngx.say(d:set("big", ("y"):rep(100000)))
-- what cannot be stored has removed 30 times the last one
d:flush_all()
ngx.say(#d:get_keys(0))
ngx.say(d:flush_expired() > 0)
fill("safe_set")
ngx.say(d:get("safe_set1") == v)
d:flush_all()
d:flush_expired()
-- those that have expired make room without force
for i = 1, 1000 do
    local ok, err = d:safe_set("e" .. i, v, i < 20 and 0.001 or 0)
    if not ok then break end
end
ngx.sleep(0.01)
ngx.say(d:set("new", v))
ngx.say(d:get("e1"))
-- a list takes what there is and removes nothing
d:flush_all()
d:flush_expired()
d:set("first", 1)
local len, err
repeat len, err = d:lpush("list", v) until not len
ngx.say(tostring(len), " ", err, " ", d:get("first"), " ", d:llen("list") > 20)
repeat len, err = d:lpush("list", "x") until not len
d:delete("list")
ngx.say(d:llen("list"), " ", d:safe_set("x", v))

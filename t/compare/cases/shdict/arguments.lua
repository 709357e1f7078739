-- phase: content
-- nginx-global: lua_shared_dict compare_args 1m;
-- httpd-global: LuaCoSharedDict compare_args 1m
-- Wrong arguments of every method.
local d = ngx.shared.compare_args

local function show(...)
    local t = { ... }
    for i = 1, select("#", ...) do
        local v = t[i]
        t[i] = type(v) == "string" and string.format("%q", v) or tostring(v)
    end
    return table.concat(t, ", ")
end

local function try(name, ...)
    local r = { pcall(d[name], ...) }
    for i = 1, 4 do
        if type(r[i]) == "string" then
            r[i] = r[i]:gsub("^[^:]*:%d+: ", ""):gsub("bad argument #%d+ to '[^']*'", "bad argument to f")
        end
    end
    ngx.say(name, ": ", show(r[1], r[2], r[3], r[4]))
end

local zones = { false, nil, 1, "x", {}, { 1 }, { "x" }, ngx.null }
local rest = {
    set = { "k", 1 }, safe_set = { "k", 1 }, add = { "k", 1 }, safe_add = { "k", 1 }, replace = { "k", 1 },
    delete = { "k" }, get = { "k" }, get_stale = { "k" }, incr = { "k", 1 }, ttl = { "k" },
    expire = { "k", 1 }, flush_all = {}, capacity = {}, free_space = {},
    lpush = { "k", 1 }, rpush = { "k", 1 }, lpop = { "k" }, rpop = { "k" }, llen = { "k" },
}
local names = {}
for name in pairs(rest) do names[#names + 1] = name end
table.sort(names)
for _, name in ipairs(names) do
    ngx.say("-- ", name)
    for i = 1, 5 do
        try(name, zones[i], unpack(rest[name]))
    end
    try(name)
    -- keys
    if rest[name][1] then
        for _, key in ipairs({ false, "nil", "", 12, 1.5, true, ("x"):rep(65535), ("x"):rep(65536) }) do
            if key == "nil" then key = nil end
            if key == false and (name:match("^[lr]p") or name == "llen") then key = nil end
            if key == true and (name:match("^[lr]p") or name == "llen") then key = "true" end
            local r = { pcall(d[name], d, key, unpack(rest[name], 2)) }
            if type(r[2]) == "string" then r[2] = r[2]:gsub("^[^:]*:%d+: ", "") end
            ngx.say(name, " key: ", show(r[1], r[2], r[3]))
        end
    end
    d:flush_all()
    d:flush_expired()
end

ngx.say("-- values")
for _, v in ipairs({ {}, print, ngx.null, true, false, "", "a\0b", 0, -0.5, 1e300, 1/0 }) do
    for _, name in ipairs({ "set", "add", "replace", "lpush" }) do
        try(name, d, "v", type(v) == "table" and v or v)
    end
    try("get", d, "v")
    d:delete("v")
    d:delete("v")
end
for _, name in ipairs({ "set", "safe_set", "add", "safe_add", "replace" }) do
    try(name, d, "n", nil)
    try(name, d, "n")
end

ngx.say("-- exptime")
for _, t in ipairs({ -1, -0.001, 0, false, 0.001, "1", "x", {}, true, 0/0, 1/0, 1e30 }) do
    try("set", d, "e", 1, t)
    try("get", d, "e")
    try("expire", d, "e", t)
end
try("expire", d, "e")
try("expire", d, "e", nil)
d:set("e", 1, 5)
try("expire", d, "e", -1)
try("ttl", d, "e")

ngx.say("-- flags")
for _, f in ipairs({ 0, 1, -1, 1.9, 2147483647, "3", "x", {}, true, false }) do
    try("set", d, "f", 1, 0, f)
    try("get", d, "f")
    try("get_stale", d, "f")
end

ngx.say("-- incr")
for _, v in ipairs({ 1, "2", "x", 1.5, {}, true, false }) do
    try("incr", d, "i", v, 0)
end
try("incr", d, "i")
try("incr", d, "i", 1)
d:delete("i")
try("incr", d, "i", 1)
for _, init in ipairs({ 0, "5", "x", {}, true, false }) do
    try("incr", d, "i", 1, init)
    d:delete("i")
end
for _, ttl in ipairs({ 0, "5", "x", {}, true, false, -1, -0.5 }) do
    try("incr", d, "i", 1, 0, ttl)
    try("incr", d, "i", 1, nil, ttl)
    d:delete("i")
end
d:set("i", "text")
try("incr", d, "i", 1)
try("incr", d, "i", 1, 5)
d:set("i", true)
try("incr", d, "i", 1)
d:delete("i")
d:lpush("i", 1)
try("incr", d, "i", 1)
try("get", d, "i")
try("get_stale", d, "i")

ngx.say("-- lists")
try("lpush", d, "l")
try("lpush", d, "l", 1, 2)
try("lpop", d)
try("lpop", d, "l", 1)
try("llen", d)
try("llen", d, "l", 2)
for _, key in ipairs({ {}, true, ngx.null }) do
    try("lpush", d, key, 1)
    try("rpop", d, key)
    try("llen", d, key)
end
try("lpush", d, "l", nil)
try("lpush", d, "l", true)
try("lpush", d, "l", {})
d:set("s", 1)
try("lpush", d, "s", 1)
try("rpush", d, "s", 1)
try("lpop", d, "s")
try("rpop", d, "s")
try("llen", d, "s")
try("lpop", d, "none")
try("llen", d, "none")

ngx.say("-- flush_expired, get_keys")
for _, name in ipairs({ "flush_expired", "get_keys" }) do
    for i = 1, 5 do
        local r = { pcall(d[name], zones[i]) }
        ngx.say(name, ": ", show(r[1], (tostring(r[2]):gsub("^[^:]*:%d+: ", ""):gsub("#1 to '[^']*'", "to f"))))
    end
    try(name)
    try(name, d, 1, 2)
    for _, n in ipairs({ "x", {}, true, "1", 1.9, -1 }) do
        local r = { pcall(d[name], d, n) }
        ngx.say(name, ": ", tostring(r[1]), " ", type(r[2]) == "table" and #r[2] or (tostring(r[2]):gsub("^[^:]*:%d+: ", ""):gsub("to '[^']*'", "to f")))
    end
end
ngx.say(tostring(pcall(d.flush_all, d)))
ngx.say(d:capacity())
ngx.say(type(d), " ", type(d[1]), " ", type(ngx.shared), " ", tostring(ngx.shared.none))

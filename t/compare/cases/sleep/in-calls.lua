-- Sleeping inside pcall, xpcall, iterators and metamethods.
ngx.say(pcall(function() ngx.sleep(0.001) return "from pcall" end))
local ok, e = pcall(function() ngx.sleep(0.001) error("raised", 0) end)
ngx.say(ok, " ", e)
ngx.say(xpcall(function() ngx.sleep(0.001) return "from xpcall" end, function(m) return m end))
ok, e = xpcall(function() ngx.sleep(0.001) error("raised", 0) end,
    function(m) return "handled " .. m end)
ngx.say(ok, " ", e)
for i in function(_, i)
    ngx.sleep(0.001)
    if i < 3 then return i + 1 end
end, nil, 0 do
    ngx.say("iterator ", i)
end
local t = setmetatable({}, {
    __index = function(_, k) ngx.sleep(0.001) return "index " .. k end,
    __newindex = function(_, k, v) ngx.sleep(0.001) ngx.say("newindex ", k, v) end,
    __call = function(_, a) ngx.sleep(0.001) return "called " .. a end,
    __add = function(a, b) ngx.sleep(0.001) return "added" end,
    __concat = function(a, b) ngx.sleep(0.001) return "joined" end,
    __eq = function(a, b) ngx.sleep(0.001) return true end,
    __lt = function(a, b) ngx.sleep(0.001) return true end,
    __le = function(a, b) ngx.sleep(0.001) return false end,
    __unm = function(a) ngx.sleep(0.001) return "negated" end,
})
local u = setmetatable({}, getmetatable(t))
ngx.say(t.x)
t.y = 1
ngx.say(t("z"))
ngx.say(t + 1)
ngx.say(t .. "x")
ngx.say(t == u, " ", t < u, " ", t <= u)
ngx.say(-t)

-- order: trace
local mt = {}
mt.__index = function(_, k)
    ngx.sleep(0.002)
    return "key " .. k
end
mt.__add = function(a, b)
    return coroutine.yield("adding")
end
mt.__call = function(_, x)
    ngx.sleep(0.002)
    return x * 2
end
local t = setmetatable({}, mt)
ngx.say(t.name)
ngx.say(t(21))
local co = coroutine.create(function() return t + 1 end)
ngx.say(coroutine.resume(co))
ngx.say(coroutine.resume(co, "sum"))

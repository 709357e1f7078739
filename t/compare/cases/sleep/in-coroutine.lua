-- Sleeping in coroutines does not yield to their resumers.
local co = coroutine.create(function(a)
    ngx.say("in ", a, " ", coroutine.status(coroutine.running()))
    ngx.sleep(0.005)
    local b = coroutine.yield("yielded")
    ngx.sleep(0)
    ngx.say("back with ", b)
    return "returned"
end)
ngx.say(coroutine.resume(co, 1))
ngx.say(coroutine.status(co))
ngx.say(coroutine.resume(co, 2))
ngx.say(coroutine.status(co))
local w = coroutine.wrap(function()
    for i = 1, 3 do
        ngx.sleep(0.001)
        coroutine.yield(i)
    end
end)
ngx.say(w(), w(), w())

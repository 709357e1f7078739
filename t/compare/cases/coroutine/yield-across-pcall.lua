-- order: trace
local co = coroutine.create(function()
    return pcall(function()
        local x = coroutine.yield("in pcall")
        error("got " .. x, 0)
    end)
end)
ngx.say(coroutine.resume(co))
ngx.say(coroutine.resume(co, "word"))

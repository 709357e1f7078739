-- order: trace
local co = coroutine.create(function()
    coroutine.yield()
    error({n = 7})
end)
coroutine.resume(co)
local ok, err = coroutine.resume(co)
ngx.say(ok, " ", err.n)

-- order: trace
local co = coroutine.create(function()
    ngx.say("coroutine exits")
    ngx.exit(ngx.OK)
end)
coroutine.resume(co)
ngx.say("not reached")

-- ngx.ctx keeps what is put there.
ngx.say(type(ngx.ctx), " ", tostring(next(ngx.ctx)))
ngx.ctx.a = 1
ngx.ctx[2] = "two"
local t = ngx.ctx
ngx.say(ngx.ctx.a, ngx.ctx[2], " ", t == ngx.ctx)
ngx.sleep(0.001)
ngx.say(ngx.ctx.a, " ", t == ngx.ctx)
ngx.thread.wait(ngx.thread.spawn(function()
    ngx.ctx.b = "from thread"
    ngx.sleep(0.001)
    ngx.say(ngx.ctx.a)
end))
coroutine.wrap(function() ngx.ctx.c = "from wrap" end)()
ngx.say(ngx.ctx.b, " ", ngx.ctx.c)
ngx.ctx = {d = 4}
ngx.say(tostring(ngx.ctx.a), " ", ngx.ctx.d, " ", t == ngx.ctx)
ngx.ctx = t
ngx.say(ngx.ctx.a, " ", tostring(ngx.ctx.d), " ", rawget(ngx, "ctx"))

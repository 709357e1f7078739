-- order: trace
local main = coroutine.running()
ngx.say(type(main))
local co
co = coroutine.create(function()
    ngx.say(coroutine.running() == co, " ", coroutine.running() == main)
end)
coroutine.resume(co)
local t
t = ngx.thread.spawn(function()
    ngx.sleep(0.001)
    ngx.say(coroutine.running() == t)
end)
ngx.thread.wait(t)

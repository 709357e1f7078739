-- order: trace
local function f(name, delay)
    ngx.sleep(delay)
    ngx.say(name, " woke")
    return name
end
local a = ngx.thread.spawn(f, "a", 0.06)
local b = ngx.thread.spawn(f, "b", 0.02)
local ok, name = ngx.thread.wait(a, b)
ngx.say("first: ", ok, " ", name)
ngx.say("a ", coroutine.status(a), ", b ", coroutine.status(b))
ngx.say(ngx.thread.wait(a))

-- order: trace
local function f(name)
    for i = 1, 3 do
        ngx.say(name, i)
        coroutine.yield()
    end
end
local a = ngx.thread.spawn(f, "a")
local b = ngx.thread.spawn(f, "b")
f("entry")
ngx.thread.wait(a)
ngx.thread.wait(b)

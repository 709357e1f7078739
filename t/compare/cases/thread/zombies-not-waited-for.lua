-- order: trace
local function f(n)
    ngx.say("thread ", n)
    return n
end
for i = 1, 3 do
    ngx.thread.spawn(f, i)
end
ngx.sleep(0.01)
ngx.say("entry done")

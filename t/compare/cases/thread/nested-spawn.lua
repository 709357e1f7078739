-- order: trace
local function leaf(n)
    ngx.say("leaf ", n)
    ngx.sleep(0.01 * n)
    ngx.say("leaf ", n, " again")
    return n
end
local function branch(n)
    ngx.say("branch ", n)
    local a = ngx.thread.spawn(leaf, n * 2)
    local b = ngx.thread.spawn(leaf, n * 2 + 1)
    ngx.say("branch ", n, " waits")
    local _, x = ngx.thread.wait(a)
    local _, y = ngx.thread.wait(b)
    return x + y
end
local a = ngx.thread.spawn(branch, 1)
local b = ngx.thread.spawn(branch, 3)
ngx.say(select(2, ngx.thread.wait(a)), " ", select(2, ngx.thread.wait(b)))

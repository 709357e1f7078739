-- phase: server_rewrite
-- order: trace
local out = {}
local function f(n)
    ngx.sleep(n / 50)
    out[#out + 1] = n
    return n
end
local a, b = ngx.thread.spawn(f, 2), ngx.thread.spawn(f, 1)
local ok, n = ngx.thread.wait(a, b)
out[#out + 1] = "first " .. n
ngx.thread.wait(a)
local gen = coroutine.wrap(function ()
    for i = 1, 3 do
        ngx.sleep(0.01)
        coroutine.yield(i)
    end
end)
out[#out + 1] = gen() + gen() + gen()
ngx.header["X-Out"] = table.concat(out, ",")

-- order: trace
local function run(name)
    local gen = coroutine.wrap(function()
        for i = 1, 3 do
            ngx.sleep(0.02)
            coroutine.yield(name .. i)
        end
    end)
    for _ = 1, 3 do
        ngx.say(gen())
    end
end
local a = ngx.thread.spawn(run, "a")
ngx.sleep(0.01)
local b = ngx.thread.spawn(run, "b")
ngx.thread.wait(a)
ngx.thread.wait(b)

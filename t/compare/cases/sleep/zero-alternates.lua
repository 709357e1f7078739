-- ngx.sleep(0) gives each thread its turn.
local function counter(name)
    return function()
        for i = 1, 3 do
            ngx.say(name, i)
            ngx.sleep(0)
        end
    end
end
local a = ngx.thread.spawn(counter("a"))
local b = ngx.thread.spawn(counter("b"))
ngx.say("entry")
ngx.thread.wait(a)
ngx.thread.wait(b)

-- A flush that need not wait lets nobody else run.
local function writer(name)
    return function()
        for i = 1, 3 do
            ngx.say(name, i)
            ngx.flush(true)
        end
    end
end
ngx.say("start")
local a = ngx.thread.spawn(writer("a"))
local b = ngx.thread.spawn(writer("b"))
ngx.say("spawned")
ngx.flush(true)
ngx.say("waiting")
ngx.thread.wait(a)
ngx.thread.wait(b)
ngx.say("end")

-- order: trace
local t = ngx.thread.spawn(function()
    for i = 1, 3 do
        ngx.thread.spawn(function() ngx.say("zombie ", i) end)
    end
    ngx.say("parent of zombies")
end)
ngx.thread.wait(t)
ngx.say("entry done")

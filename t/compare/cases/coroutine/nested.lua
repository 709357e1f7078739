-- order: trace
local function make(depth)
    return coroutine.wrap(function()
        ngx.say("down ", depth)
        if depth < 6 then
            make(depth + 1)()
        else
            ngx.sleep(0.005)
        end
        ngx.say("up ", depth)
    end)
end
make(1)()

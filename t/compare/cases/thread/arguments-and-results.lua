-- order: trace
local function f(...)
    ngx.say("got ", select("#", ...))
    return select("#", ...), ...
end
local t = ngx.thread.spawn(f, 1, nil, "three", nil)
local res = {ngx.thread.wait(t)}
ngx.say(tostring(res[1]), " ", res[2], " ", res[3], " ", tostring(res[4]),
    " ", res[5])
ngx.say(select("#", ngx.thread.wait(ngx.thread.spawn(f))))

-- also: /sub content _sub.lua
-- order: trace
local function show(...)
    for i = 1, select("#", ...) do
        local res = select(i, ...)
        ngx.say(i, " ", res.status, " ", res.body)
    end
end
show(ngx.location.capture_multi{ { "/sub?say=1" }, { "/sub?say=2" }, { "/sub?say=3" } })
show(ngx.location.capture_multi{ { "/sub?say=1&late=0.06" }, { "/sub?say=2&late=0.02" }, { "/sub?say=3" } })

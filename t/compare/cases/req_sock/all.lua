-- method: POST
-- body: all of it
local function show(...)
    local t = {...}
    for i = 1, select("#", ...) do
        t[i] = tostring(t[i]):gsub("^.-:%d+: ", ""):gsub(" %(in .*%)", "")
    end
    ngx.say(table.concat(t, "|"))
end
local s = ngx.req.socket(false)
show(s:receive("*a"))
show(s:receive("*a"))
show(s:receive(1))

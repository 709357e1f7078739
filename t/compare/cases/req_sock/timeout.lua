-- method: POST
-- header: Content-Length: 10
-- body: abc
-- ignore: end
local function show(...)
    local t = {...}
    for i = 1, select("#", ...) do
        t[i] = tostring(t[i]):gsub("^.-:%d+: ", ""):gsub(" %(in .*%)", "")
    end
    ngx.say(table.concat(t, "|"))
end
local s = ngx.req.socket()
s:settimeout(20)
show(s:receive(10))
s:settimeouts(1, 1, 10)
show(s:receive(10))
show(s:receive("*l"))
ngx.exit(200)

-- method: POST
-- header: Content-Length: 10
-- body: abc
-- ignore: end
-- A light thread that waits in the socket is killed: so is the socket.
local function show(...)
    local t = {...}
    for i = 1, select("#", ...) do
        t[i] = tostring(t[i]):gsub("^.-:%d+: ", ""):gsub(" %(in .*%)", "")
    end
    ngx.say(table.concat(t, "|"))
end
local s = ngx.req.socket()
local t = ngx.thread.spawn(function() return s:receive(10) end)
show(ngx.thread.kill(t))
show(s:receive(1))
ngx.exit(200)

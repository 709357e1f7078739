-- method: POST
-- body: abcdef
local function show(...)
    local t = {...}
    for i = 1, select("#", ...) do
        t[i] = tostring(t[i]):gsub("^.-:%d+: ", ""):gsub(" %(in .*%)", "")
    end
    ngx.say(table.concat(t, "|"))
end
local s = ngx.req.socket(nil)
show(ngx.req.socket())
for _, a in ipairs{"x", "*z"} do
    show(pcall(s.receive, s, a))
end
show(pcall(s.receive))
show(pcall(s.receive, nil))
show(pcall(s.receive, {}))
show(pcall(s.receive, s, 1, 2))
show(pcall(s.receiveany, s))
show(pcall(s.receiveany, s, 0))
show(pcall(s.receiveany, s, "x"))
show(pcall(s.receiveuntil, s))
show(pcall(s.receiveuntil, s, {}))
show(s:receiveuntil(""))
show(pcall(s.settimeout, s))
show(pcall(s.settimeout, s, -1))
show(s.send, s.close, s.connect, s.setkeepalive)
show(pcall(ngx.socket.tcp().send, s, "x"))
show(s:receive(2))
ngx.req.read_body()
show(ngx.req.get_body_data())
show(s:receive("*a"))

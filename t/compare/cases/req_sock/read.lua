-- method: POST
-- body: one\r\ntwo\nthree45678--end12345678==end rest
-- The body by every kind of reading, to its end and after it.
local function show(...)
    local t = {...}
    for i = 1, select("#", ...) do
        t[i] = tostring(t[i]):gsub("^.-:%d+: ", ""):gsub(" %(in .*%)", "")
    end
    ngx.say(table.concat(t, "|"))
end
local s, err = ngx.req.socket()
show(s:receive())
show(s:receive("*l"))
show(s:receive(5))
show(s:receive(0))
show(s:receiveany(2))
show(s:receiveuntil("--end", {inclusive = true})())
local iter = s:receiveuntil("==end")
show(iter(3))
show(iter(3))
show(iter(3))
show(iter(3))
show(s:receive(100))
show(s:receive(1))
show(s:receive("*a"))

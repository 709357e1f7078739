-- A pool with a backlog: who waits, in which order, how long.
table.pack = table.pack or function(...) return {n = select("#", ...), ...} end
local function show(...)
    local r = table.pack(...)
    for i = 1, r.n do
        r[i] = type(r[i]) == "string" and ("%q"):format(r[i]) or tostring(r[i])
    end
    ngx.say(table.concat(r, ", "))
end
local PORT = @PEER@
local opts = {pool = "backlog", pool_size = 2, backlog = 2}
local function connect(timeout)
    local sock = ngx.socket.tcp()
    sock:settimeout(timeout or 3000)
    local ok, err = sock:connect("127.0.0.1", PORT, opts)
    return ok and sock or ok, err
end
local a, b = connect(), connect()
show(a:getreusedtimes(), b:getreusedtimes())
show(connect(30))
local order = {}
local t = {}
for i = 1, 2 do
    t[i] = ngx.thread.spawn(function()
        local s, err = connect()
        order[#order + 1] = i
        show(i, s and s:getreusedtimes(), err)
        return s
    end)
end
show(connect())
show(a:setkeepalive())
local _, s1 = ngx.thread.wait(t[1])
show(b:close())
local _, s2 = ngx.thread.wait(t[2])
show(table.concat(order, " "))
show(s1:close(), s2:close())

ngx.say("a waiter is killed")
a, b = connect(), connect()
t[1] = ngx.thread.spawn(connect)
t[2] = ngx.thread.spawn(function() return (connect()) end)
show(ngx.thread.kill(t[1]))
a:close()
_, s1 = ngx.thread.wait(t[2])
show(s1:getreusedtimes())
show(s1:setkeepalive(), b:setkeepalive())
a, b = connect(), connect()
show(a:getreusedtimes(), b:getreusedtimes())
show(connect(20))
a:close() b:close()

ngx.say("connecting fails")
opts = {pool = "bad", pool_size = 1, backlog = 3}
PORT = 1
show(connect())
show(connect())
for i = 1, 3 do t[i] = ngx.thread.spawn(connect) end
for i = 1, 3 do show(ngx.thread.wait(t[i])) end

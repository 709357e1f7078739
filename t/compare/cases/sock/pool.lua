-- Reuse, the key, the size, unread data, what died in between.
-- requests: 2
table.pack = table.pack or function(...) return {n = select("#", ...), ...} end
local function show(...)
    local r = table.pack(...)
    for i = 1, r.n do
        r[i] = type(r[i]) == "string" and ("%q"):format(r[i]) or tostring(r[i])
    end
    ngx.say(table.concat(r, ", "))
end
local PORT = @PEER@
local function ask(sock, orders)
    assert(sock:send(orders .. "\n"))
    return sock:receive()
end
local function connect(...)
    local sock = ngx.socket.tcp()
    sock:settimeout(3000)
    assert(sock:connect(...))
    return sock
end
local pool = "p" .. ngx.var.connection_requests

local s = connect("127.0.0.1", PORT, {pool = pool})
show(s:getreusedtimes(), ask(s, "S:1%0A"))
show(s:setkeepalive())
show(s:getreusedtimes())
show(s:send("x"))
s = connect("127.0.0.1", PORT, {pool = pool})
show(s:getreusedtimes(), ask(s, "S:2%0A"))
show(s:setkeepalive(10000, 5))
s = connect("127.0.0.1", PORT, {pool = pool .. "other"})
show(s:getreusedtimes())
s:close()
s = connect("127.0.0.1", 1, {pool = pool})
show(s:getreusedtimes(), ask(s, "S:3%0A"))
show(s:setkeepalive())

ngx.say("unread data")
s = connect("127.0.0.1", PORT, {pool = pool})
show(ask(s, "S:a%0Ab%0A W:0"))
ngx.sleep(0.2)
show(s:setkeepalive())
show(s:receive())
show(s:setkeepalive())

ngx.say("unread data, not read yet")
s = connect("127.0.0.1", PORT, {pool = pool .. "d"})
show(s:send("S:late%0A\n"))
ngx.sleep(0.2)
show(s:setkeepalive())
show(s:send("x"))
show(s:close())

ngx.say("it comes while idle")
s = connect("127.0.0.1", PORT, {pool = pool .. "l"})
show(s:send("W:0.05 S:late%0A\n"))
show(s:setkeepalive())
ngx.sleep(0.4)
s = connect("127.0.0.1", PORT, {pool = pool .. "l"})
show(s:getreusedtimes())
s:close()

ngx.say("closed while idle")
s = connect("127.0.0.1", PORT, {pool = pool .. "c"})
show(s:send("W:0.05 C\n"))
show(s:setkeepalive())
ngx.sleep(0.4)
s = connect("127.0.0.1", PORT, {pool = pool .. "c"})
show(s:getreusedtimes())
s:close()

ngx.say("idle timeout")
s = connect("127.0.0.1", PORT, {pool = pool .. "t"})
show(s:setkeepalive(30))
ngx.sleep(0.4)
s = connect("127.0.0.1", PORT, {pool = pool .. "t"})
show(s:getreusedtimes())
show(s:setkeepalive(0))
ngx.sleep(0.2)
s = connect("127.0.0.1", PORT, {pool = pool .. "t"})
show(s:getreusedtimes())
s:close()

ngx.say("least recently used")
local list = {}
for i = 1, 3 do
    list[i] = connect("127.0.0.1", PORT, {pool = pool .. "lru", pool_size = 2})
    list[i].no = ask(list[i], "I")
end
for i = 1, 3 do show(list[i]:setkeepalive()) end
local again = {}
for i = 1, 3 do
    again[i] = connect("127.0.0.1", PORT, {pool = pool .. "lru", pool_size = 2})
    local no = ask(again[i], "I")
    local which = "new"
    for k = 1, 3 do if list[k].no == no then which = k end end
    show(which, again[i]:getreusedtimes())
end
for i = 1, 3 do again[i]:close() end
ngx.say("by host and port")
s = connect("127.0.0.1", PORT)
show(s:setkeepalive())
s = connect("127.0.0.1", tostring(PORT))
show(s:getreusedtimes())
s:close()
s = connect("unix:@DIR@/peer.sock")
show(s:getreusedtimes(), ask(s, "S:u%0A"))
show(s:setkeepalive())
s = connect("unix:@DIR@/peer.sock")
show(s:getreusedtimes(), ask(s, "S:u%0A"))
s:close()

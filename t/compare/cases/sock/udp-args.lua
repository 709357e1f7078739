-- Wrong arguments of datagram sockets.
table.pack = table.pack or function(...) return {n = select("#", ...), ...} end
local function show(...)
    local r = table.pack(...)
    for i = 1, r.n do
        r[i] = type(r[i]) == "string" and ("%q"):format(r[i]) or tostring(r[i])
    end
    ngx.say((table.concat(r, ", "):gsub(" %(in [^)]*%)", "")))
end
local function try(f, ...)
    local r = table.pack(pcall(f, ...))
    for i = 1, r.n do r[i] = tostring(r[i]):gsub("^.-:%d+: ", "") end
    ngx.say(table.concat(r, ", "))
end
local sock = ngx.socket.udp()
sock:settimeout(3000)
try(ngx.socket.udp, 1)
for _, m in ipairs{"send", "receive", "close", "setpeername",
                   "settimeout"} do
    try(sock[m])
    try(sock[m], nil)
    try(sock[m], nil, 1, 2, 3)
    try(sock[m], sock, 1, 2, 3)
end
try(sock.setpeername, sock, "127.0.0.1", -1)
try(sock.setpeername, sock, "127.0.0.1", 65536)
try(sock.setpeername, sock, "127.0.0.1", "x")
try(sock.setpeername, sock, "", 1)
try(sock.setpeername, sock, "[x", 1)
try(sock.setpeername, sock, {}, 1)
show(sock:setpeername("127.0.0.1", @PEER@))
try(sock.send, sock, print)
try(sock.send, sock, {true})
try(sock.send, sock, {x = 1})
try(sock.receive, sock, "x")

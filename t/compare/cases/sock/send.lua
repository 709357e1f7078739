-- What send() takes, and what arrives of it.
local function try(value)
    local sock = ngx.socket.tcp()
    sock:settimeout(3000)
    assert(sock:connect("127.0.0.1", @PEER@))
    -- the peer sends back what comes between the marks of its own order
    local n, err = sock:send(value)
    ngx.say(tostring(n), " ", tostring(err))
    sock:close()
end
local nested = {"S:", {"a", {1, 2.5, {}}, "b"}, 3, "%0A C\n"}
local sock = ngx.socket.tcp()
sock:settimeout(3000)
assert(sock:connect("127.0.0.1", @PEER@))
ngx.say(sock:send(nested))
ngx.say(sock:receive())
ngx.say(sock:receive())
sock:close()
for _, v in ipairs{"", "x", 0, -1.5, 1e15, 1e100, true, false, {}, {{}},
                   {1, 2, 3}, ("x"):rep(100000)} do
    try(v)
end
try(nil)
-- more than the buffers of the system hold
sock = ngx.socket.tcp()
sock:settimeout(10000)
assert(sock:connect("127.0.0.1", @PEER@))
sock:send("W:0.1 N:20000000 C\n")
ngx.say(sock:send(("0123456789"):rep(2000000)))
ngx.say(sock:receive())
ngx.say(sock:receive())

-- A conversation with all kinds of sockets, in the phase and the way that the
-- request asks for (?phase=access&way=thread), for sock_phases.t.  Its result
-- is left in ngx.ctx.said.
local phase, arg = ngx.get_phase(), ngx.req.get_uri_args()
if arg.phase ~= phase then
    return
end

local port = tonumber(ngx.var.PEER)
local out = {}
local function say(...)
    local t = {...}
    for i = 1, select("#", ...) do
        t[i] = tostring(t[i])
    end
    out[#out + 1] = table.concat(t, " ")
end

local function tcp(...)
    local sock = ngx.socket.tcp()
    sock:settimeout(20000)
    assert(sock:connect(...))
    return sock
end

local function talk()
    -- by a name, in a pool
    for i = 1, 2 do
        local sock = tcp("peer.test", port)
        sock:send({"W:0.002 ", {"S:one%0Atwo", "!"}, "%0Athree", 4, "\n"})
        say("tcp", sock:receive(), sock:receiveuntil("!")(), sock:receiveany(1)
            == "\n", sock:receive(6))
        say("kept", i == 1 or sock:getreusedtimes() > 0, sock:setkeepalive())
    end
    local sock = tcp("unix:" .. ngx.var.UNIX)
    sock:send("W:0.002 S:file H\n")
    say("unix", sock:receive("*a"))
    sock:close()

    sock = tcp("127.0.0.1", port)
    sock:send("T\n")
    say("tls", type(sock:sslhandshake(nil, "good.test")))
    sock:send("W:0.002 S:secret%0A\n")
    say(sock:receive())
    sock:close()

    local udp = ngx.socket.udp()
    udp:settimeout(20000)
    assert(udp:setpeername("127.0.0.1", port))
    udp:send("W:0.002 S:datagram")
    say("udp", udp:receive())
    udp:close()

    -- both ways at a time
    sock = tcp("127.0.0.1", port)
    local reader = ngx.thread.spawn(function()
        return sock:receive(), sock:receive()
    end)
    -- less where each write moves a byte
    local n = os.getenv("LUACO_VARIANT") == "onebyte" and 300 or 300000
    local sent = sock:send("S:first%0A N:" .. n .. "\n" .. ("x"):rep(n))
    local _, first, count = ngx.thread.wait(reader)
    say("duplex", sent > n, first, count == tostring(n))
    sock:close()

    sock = tcp("127.0.0.1", port)
    sock:settimeout(1)
    say("timeout", sock:receive())
    sock:close()
    say("refused", ngx.socket.connect("127.0.0.1", 1))
    say("none", ngx.socket.connect("none.test", port))
end

local ways = {
    plain = function(f)
        f()
    end,
    pcall = function(f)
        assert(pcall(f))
    end,
    thread = function(f)
        assert(ngx.thread.wait(ngx.thread.spawn(f)))
    end,
    coroutine = function(f)
        coroutine.wrap(f)()
    end,
    inner = function(f)
        assert(ngx.thread.wait(ngx.thread.spawn(function()
            coroutine.wrap(function()
                coroutine.wrap(f)()
            end)()
        end)))
    end,
}
ways[arg.way](talk)
ngx.ctx.said = table.concat(out, "\n") .. "\n"

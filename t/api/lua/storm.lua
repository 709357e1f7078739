-- Threads that do at random what can be done with sockets, some of them with
-- the same one, until they are done, killed, or the request ends.
local state = tonumber(ngx.var.arg_seed) or 1
local function random(n)
    state = (state * 1103515245 + 12345) % 2147483648
    return math.floor(state / 65536) % n + 1
end
local function pick(t) return t[random(#t)] end

local hosts = {"127.0.0.1", "127.0.0.1", "127.0.0.1", "one.test", "many.test",
    "none.test", "late.test"}
local orders = {"S:line%0A", "D:slow%20line%0Aand%20more", "W:0.01 S:late%0A",
    "S:half", "C", "S:x C", "R", "S:abc R", "X", "B:20000:0123456789 S:%0A",
    "W:0.02 C", "H", "S:1%0A S:2%0A S:3%0A", "T", "I"}
local sockets = {}

local function new()
    local sock = ngx.socket.tcp()
    sock:settimeout(pick{5, 20, 100, 1000})
    sockets[#sockets + 1] = sock
    return sock
end

local function connect(sock)
    local opts = pick{{}, {}, {pool = "storm"},
        {pool = "few", pool_size = 2, backlog = 3}}
    return sock:connect(pick(hosts), pick{ngx.var.PEER, ngx.var.PEER,
        ngx.var.PEER, 1}, opts)
end

local acts = {
    function(s) s:send(pick(orders) .. "\n") end,
    function(s) s:send(pick(orders) .. "\n") end,
    function(s) s:send({{"S:", 1, 2.5}, "%0A\n"}) end,
    function(s) s:send(("x"):rep(random(3000000))) end,
    function(s) s:receive() end,
    function(s) s:receive("*a") end,
    function(s) s:receive(random(100)) end,
    function(s) s:receiveany(random(100)) end,
    function(s)
        local iter = s:receiveuntil(pick{"e", "ine", "%0", "34"}, pick{{}, {inclusive = true}})
        for _ = 1, random(3) do iter(pick{1, 3, nil}) end
    end,
    function(s) s:setkeepalive(pick{1, 20, 1000}, 3) end,
    function(s) s:close() end,
    function(s) connect(s) end,
    function(s) s:sslhandshake(pick{false, false}, pick{"good.test", "none"}, random(2) == 1) end,
    function(s) s:getoption("keepalive") end,
    function() ngx.sleep(random(10) / 1000) end,
    function() collectgarbage("step") end,
    function()
        local u = ngx.socket.udp()
        u:settimeout(pick{5, 50})
        if u:setpeername(pick(hosts), ngx.var.PEER) then
            u:send(pick{"S:datagram", "W:0.01 S:late", "x"})
            u:receive()
        end
    end,
    function(s) sockets[random(#sockets + 1)] = s end,
    function(s) if random(20) == 1 then s[1] = nil end end,
}

local function play()
    local sock = new()
    connect(sock)
    for _ = 1, random(8) do
        local s = random(4) == 1 and sockets[random(#sockets + 1)] or sock
        local f = pick(acts)
        if random(8) == 1 then
            coroutine.wrap(f)(s)
        else
            f(s)
        end
    end
end

-- What a script may not do is an error of it: none of these are.
local threads = {}
for i = 1, random(6) do
    threads[i] = ngx.thread.spawn(function()
        local ok, err = pcall(play)
        -- a handshake of a socket that was taken apart
        if not ok and not tostring(err):find("never created", 1, true) then
            ngx.log(ngx.ERR, "storm: ", err)
        end
    end)
end
ngx.sleep(random(30) / 1000)
local how = random(6)
if how == 1 then
    for i = 1, #threads do ngx.thread.kill(threads[i]) end
elseif how == 2 then
    ngx.say("exit")
    ngx.exit(0)
elseif how == 3 then
    for i = 1, #threads, 2 do ngx.thread.kill(threads[i]) end
elseif how == 4 then
    error("storm ends")
end
sockets = {}
for i = 1, #threads do ngx.thread.wait(threads[i]) end
if ngx.get_phase() == "content" then ngx.say("done") end

-- One light thread reads while another one writes; two readers.
local function text(err)
    return (tostring(err):gsub(" %(in .*", ""))
end
local sock = ngx.socket.tcp()
sock:settimeout(3000)
assert(sock:connect("127.0.0.1", @PEER@))
local reader = ngx.thread.spawn(function()
    local t = {}
    for i = 1, 3 do t[i] = sock:receive() end
    return table.concat(t, " ")
end)
ngx.say("busy: ", text(select(2, sock:receive())))
ngx.say("busy: ", text(select(2, sock:receiveany(1))))
ngx.say("busy: ", text(select(2, sock:close())))
ngx.say("busy: ", text(select(2, sock:setkeepalive())))
ngx.say("busy: ", text(select(2, sock:connect("127.0.0.1", 1))))
for i = 1, 3 do
    ngx.say(sock:send("S:" .. i .. "%0A\n"))
    ngx.sleep(0.01)
end
ngx.say(ngx.thread.wait(reader))

local writer = ngx.thread.spawn(function()
    return sock:send("W:0.4 N:20000000\n" .. ("x"):rep(20000000))
end)
ngx.say("busy: ", text(select(2, sock:send("x"))))
ngx.say("busy: ", text(select(2, sock:close())))
ngx.say(sock:receive())
ngx.say(ngx.thread.wait(writer))
ngx.say(sock:close())

local other = ngx.socket.tcp()
local connector = ngx.thread.spawn(function()
    return other:connect("127.0.0.1", @PEER@)
end)
ngx.say("busy: ", text(select(2, other:connect("127.0.0.1", @PEER@))))
ngx.say("busy: ", text(select(2, other:receive())))
ngx.say("busy: ", text(select(2, other:send("x"))))
ngx.say("busy: ", text(select(2, other:close())))
ngx.say(ngx.thread.wait(connector))

-- Variables that are written, or whose values vary.
-- request: GET /t?a=1
local v = ngx.var
ngx.say("[", v.http2, "] ", v.realip_remote_addr, " ", v.realip_remote_port == v.remote_port, " ", v.limit_rate)
for _, n in ipairs{"tcpinfo_rtt", "tcpinfo_rttvar", "tcpinfo_snd_cwnd", "tcpinfo_rcv_space"} do
    ngx.say(n, " ", (v[n]:find("^%d+$")))
end
for _, x in ipairs{"1024", "2k", "3K", "1m", "0", "5k", 4096} do
    v.limit_rate = x
    ngx.say(x, " ", v.limit_rate)
end
v.limit_rate = 0
for _, n in ipairs{"http2", "realip_remote_addr", "realip_remote_port", "tcpinfo_rtt", "http_x_forwarded_for"} do
    for _, x in ipairs{"x", false} do
        local ok, err = pcall(function() v[n] = x or nil end)
        ngx.say(n, " ", ok, " ", (tostring(err):gsub("^.-:%d+: ", "")))
    end
end

-- Lua makes the whole response.
local function show(...)
    local t = {...}
    for i = 1, select("#", ...) do
        t[i] = tostring(t[i]):gsub("^.-:%d+: ", "")
    end
    return table.concat(t, "|") .. "\n"
end
local s = ngx.req.socket(true)
local out = {
    show(ngx.say("x")), show(ngx.print("x")), show(ngx.flush()),
    show(ngx.flush(true)), show(ngx.eof()), show(ngx.send_headers()),
    show(ngx.headers_sent), show(ngx.req.socket(true)),
    show(ngx.req.socket()), show(pcall(s.send, s)),
    show(pcall(s.send, s, print)), show(pcall(s.send, nil, "x")),
    show(pcall(s.send, {}, "x")), show(s:send("")),
    show(s.close, s.connect, s.setkeepalive),
}
ngx.req.read_body()
out[#out + 1] = show(ngx.req.get_body_data())
local body = table.concat(out)
s:send{"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nX-A: b\r\n",
    {"Content-Length: ", #body, "\r\n\r\n"}, body}

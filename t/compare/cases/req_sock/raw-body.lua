-- method: POST
-- body: abcdef
-- The body is read before, the socket is there all the same.
ngx.req.read_body()
local s = ngx.req.socket(true)
s:settimeout(20)
local data, err, part = s:receive(3)
s:send("HTTP/1.1 200 OK\r\n\r\n" .. tostring(data) .. " " .. tostring(err) ..
    " " .. tostring(part) .. " " .. ngx.req.get_body_data())
ngx.exit(444)

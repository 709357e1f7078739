-- method: POST
-- body: abcdef
-- phase: access
-- The raw socket reads the body, if nobody has; nothing comes after it.
local s = ngx.req.socket(true)
s:send("HTTP/1.1 200 OK\r\n\r\n" .. s:receive(3))
local t = ngx.thread.spawn(function() return s:receive(3) end)
local ok, data = ngx.thread.wait(t)
s:send(data)

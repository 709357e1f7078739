-- A WebSocket (RFC 6455) that says what it hears.  Between two messages it
-- holds no thread, however many of them are open.
local headers = ngx.req.get_headers()
local key = headers["sec-websocket-key"]
if not key or (headers.upgrade or ""):lower() ~= "websocket" then
    ngx.say("Speak WebSocket to me.")
    return
end

ngx.status = 101
ngx.header["Upgrade"] = "websocket"
ngx.header["Sec-WebSocket-Accept"] = ngx.encode_base64(
    ngx.sha1_bin(key .. "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
ngx.send_headers()
ngx.flush(true)

-- From here on it is a connection like any other.
local sock = ngx.req.socket(true)
if not sock then
    return
end
sock:settimeout(300000)

-- Browsers mask what they send.
local function unmask(text, mask)
    local bytes = {text:byte(1, -1)}
    for i = 1, #bytes do
        bytes[i] = string.char(bytes[i] ~ mask:byte((i - 1) % 4 + 1))
    end
    return table.concat(bytes)
end

local CLOSE, PING, PONG = 8, 9, 10

while true do
    local head = sock:receive(2)
    if not head then
        return          -- the client is gone
    end
    local opcode, size = head:byte(1) & 15, head:byte(2) & 127
    if size > 125 or head:byte(1) < 128 then
        sock:send(string.pack(">BBI2", 128 | CLOSE, 2, 1009))
        return          -- an example's messages are short
    end
    local rest = sock:receive(4 + size)
    if not rest then
        return
    end
    local text = unmask(rest:sub(5), rest:sub(1, 4))
    if opcode ~= PONG then
        sock:send({string.pack("BB", 128 | (opcode == PING and PONG or opcode),
            size), text})
    end
    if opcode == CLOSE then
        return
    end
end

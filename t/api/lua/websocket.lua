-- The server's side of a WebSocket (RFC 6455), as scripts do it: the handshake
-- by ngx.header, then frames over ngx.req.socket(true).

local _M = {}
_M.__index = _M

local GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

-- Answers the handshake.  Returns the connection, or nil and why not.
function _M.accept()
    local h = ngx.req.get_headers()
    local key = h["sec-websocket-key"]
    if (h.upgrade or ""):lower() ~= "websocket" or not key
        or h["sec-websocket-version"] ~= "13" then
        return nil, "no handshake"
    end
    ngx.status = 101
    ngx.header["Upgrade"] = "websocket"
    ngx.header["Content-Type"] = nil
    ngx.header["Sec-WebSocket-Accept"] =
        ngx.encode_base64(ngx.sha1_bin(key .. GUID))
    local ok, err = ngx.send_headers()
    if ok then
        ok, err = ngx.flush(true)
    end
    if not ok then
        return nil, err
    end
    local sock
    sock, err = ngx.req.socket(true)
    if not sock then
        return nil, err
    end
    return setmetatable({sock = sock}, _M)
end

local unpack_words = string.unpack
local WORDS = 32
local FORMAT = "<" .. ("I8"):rep(WORDS)

-- The mask of four bytes is laid over the text, 256 bytes at a time.
local function unmask(text, mask)
    local word = unpack_words("<I8", mask .. mask)
    local out, n, at = {}, 0, 1
    local size = #text
    while at + WORDS * 8 - 1 <= size do
        local t = {unpack_words(FORMAT, text, at)}
        for i = 1, WORDS do
            t[i] = t[i] ~ word
        end
        n = n + 1
        out[n] = string.pack(FORMAT, table.unpack(t, 1, WORDS))
        at = at + WORDS * 8
    end
    for i = at, size do
        n = n + 1
        out[n] = string.char(text:byte(i) ~ mask:byte((i - 1) % 4 + 1))
    end
    return table.concat(out)
end

-- fin, opcode, payload; nil and the error
function _M:frame()
    local sock = self.sock
    local head, err = sock:receive(2)
    if not head then
        return nil, err
    end
    local a, b = head:byte(1, 2)
    local len = b & 127
    if b & 128 == 0 or a & 0x70 ~= 0 then
        return nil, "bad frame"
    end
    if len >= 126 then
        local size = len == 126 and 2 or 8
        head, err = sock:receive(size)
        if not head then
            return nil, err
        end
        len = string.unpack(">I" .. size, head)
    end
    local mask
    mask, err = sock:receive(4)
    if not mask then
        return nil, err
    end
    local data = ""
    if len > 0 then
        data, err = sock:receive(len)
        if not data then
            return nil, err
        end
    end
    return a & 128 ~= 0, a & 15, unmask(data, mask)
end

function _M:send(opcode, data)
    local len, head = #data, nil
    if len < 126 then
        head = string.pack("BB", 128 | opcode, len)
    elseif len < 65536 then
        head = string.pack(">BBI2", 128 | opcode, 126, len)
    else
        head = string.pack(">BBI8", 128 | opcode, 127, len)
    end
    return self.sock:send({head, data})
end

_M.TEXT, _M.BINARY, _M.CLOSE, _M.PING, _M.PONG = 1, 2, 8, 9, 10

-- The next message, put together: opcode, data; control frames come between.
-- nil and the error at the end.
function _M:message()
    while true do
        local fin, opcode, data = self:frame()
        if fin == nil then
            return nil, opcode
        end
        if opcode >= 8 then
            return opcode, data
        end
        if opcode ~= 0 then
            self.opcode, self.parts = opcode, {}
        end
        table.insert(self.parts, data)
        if fin then
            return self.opcode, table.concat(self.parts)
        end
    end
end

return _M

-- A small client for HTTP/1.1.
local http = {}
http.__index = http

function http.connect(...)
    local sock = ngx.socket.tcp()
    sock:settimeout(20000)
    local ok, err = sock:connect(...)
    if not ok then
        return nil, err
    end
    return setmetatable({sock = sock}, http)
end

-- BODY: nil, a string, or a function that gives one piece after the other.
function http:send(method, path, body, headers)
    local t = {method, " ", path, " HTTP/1.1\r\nHost: test\r\n", headers or ""}
    if type(body) == "function" then
        t[#t + 1] = "Transfer-Encoding: chunked\r\n"
    elseif body then
        t[#t + 1] = {"Content-Length: ", #body, "\r\n"}
    end
    t[#t + 1] = "\r\n"
    if type(body) == "string" then
        t[#t + 1] = body
    end
    assert(self.sock:send(t))
    if type(body) == "function" then
        for piece in body do
            assert(self.sock:send{("%x\r\n"):format(#piece), piece, "\r\n"})
        end
        assert(self.sock:send("0\r\n\r\n"))
    end
end

function http:fields()
    local t = {}
    while true do
        local line, err = self.sock:receive()
        if not line then
            return nil, err
        elseif line == "" then
            return t
        end
        local name, value = line:match("^([^:]+):%s*(.-)%s*$")
        t[name:lower()] = value
    end
end

-- Pieces of a chunked body; at its end nil, its trailers in self.trailers.
function http:chunk()
    local line, err = self.sock:receive()
    if not line then
        return nil, err
    end
    local len = tonumber(line:match("^%x+") or "none", 16)
    if not len then
        return nil, "bad chunk"
    elseif len == 0 then
        self.trailers, err = self:fields()
        return nil, err
    end
    local data
    data, err = self.sock:receive(len)
    if not data then
        return nil, err
    end
    assert(self.sock:receive(2))
    return data
end

-- One response: status, body or error, headers, number of chunks.
function http:response(method)
    local line, err = self.sock:receive()
    if not line then
        return nil, err
    end
    local status = tonumber(line:match("^HTTP/1%.1 (%d%d%d)"))
    if not status then
        return nil, "no HTTP"
    end
    local headers
    headers, err = self:fields()
    if not headers then
        return nil, err
    elseif method == "HEAD" or status < 200 or status == 204
        or status == 304 then
        return status, "", headers
    elseif (headers["transfer-encoding"] or ""):lower() == "chunked" then
        local t, piece = {}
        repeat
            piece, err = self:chunk()
            t[#t + 1] = piece
        until not piece
        return not err and status or nil, err or table.concat(t), headers, #t
    end
    local body
    body, err = self.sock:receive(tonumber(headers["content-length"]) or "*a")
    return body and status, body or err, headers
end

return http

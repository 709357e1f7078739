-- A small client for MariaDB and MySQL, protocol 4.1, text results.
local mysql = {}
mysql.__index = mysql

local function little(s, at, n)
    local v = 0
    for i = at + n - 1, at, -1 do
        v = v * 256 + s:byte(i)
    end
    return v
end

local function bytes(v, n)
    local t = {}
    for i = 1, n do
        t[i] = string.char(v % 256)
        v = math.floor(v / 256)
    end
    return table.concat(t)
end

-- A number of varying length: it, and what comes after it.  nil: NULL.
local function varying(s, at)
    local first = s:byte(at)
    if first < 251 then
        return first, at + 1
    elseif first == 251 then
        return nil, at + 1
    end
    local n = ({[252] = 2, [253] = 3, [254] = 8})[first]
    return little(s, at + 1, n), at + 1 + n
end

-- One packet, however many frames it comes in.
function mysql:packet()
    local parts, len = {}
    repeat
        local head, err = self.sock:receive(4)
        if not head then
            return nil, err
        end
        len = little(head, 1, 3)
        self.seq = head:byte(4)
        if len > 0 then
            parts[#parts + 1], err = self.sock:receive(len)
            if err then
                return nil, err
            end
        end
    until len < 0xffffff
    return table.concat(parts)
end

function mysql:send(data)
    local t, at, n = {}, 1
    repeat
        n = math.min(#data - at + 1, 0xffffff)
        self.seq = (self.seq + 1) % 256
        t[#t + 1] = {bytes(n, 3), string.char(self.seq),
            data:sub(at, at + n - 1)}
        at = at + n
    until n < 0xffffff
    return self.sock:send(t)
end

local function failure(p)
    local code, state, text = little(p, 2, 2), p:match("^#(.....)(.*)", 4)
    return nil, code .. " " .. (state or "-") .. ": " .. (text or p:sub(4))
end

-- sha1(password) XOR sha1(scramble, sha1(sha1(password)))
local function native(password, scramble)
    local one = ngx.sha1_bin(password)
    local two = ngx.sha1_bin(scramble .. ngx.sha1_bin(one))
    local t = {}
    for i = 1, 20 do
        t[i] = string.char(require("bit").bxor(one:byte(i), two:byte(i)))
    end
    return table.concat(t)
end

function mysql.connect(user, password, ...)
    local sock = ngx.socket.tcp()
    sock:settimeout(20000)
    local self = setmetatable({sock = sock}, mysql)
    local ok, err = sock:connect(...)
    if not ok then
        return nil, err
    end
    if sock:getreusedtimes() > 0 then
        return self
    end
    local p
    p, err = self:packet()
    if not p then
        return nil, err
    end
    if p:byte(1) == 255 then
        return failure(p)
    end
    local at = p:find("\0", 2, true)
    self.version = p:sub(2, at - 1)
    -- thread, 8 bytes, 0, capabilities, charset, status, capabilities,
    -- length, 10 bytes, the other 12
    local scramble = p:sub(at + 5, at + 12) .. p:sub(at + 32, at + 43)
    -- long password, database, protocol 4.1, secure connection, plugin names
    local flags = 0x1 + 0x8 + 0x200 + 0x8000 + 0x80000
    assert(self:send(bytes(flags, 4) .. bytes(64 * 1024 * 1024, 4) .. "\33" ..
        ("\0"):rep(23) .. user .. "\0\20" .. native(password, scramble) ..
        "test\0mysql_native_password\0"))
    p, err = self:packet()
    if not p then
        return nil, err
    end
    if p:byte(1) ~= 0 then
        return failure(p)
    end
    return self
end

-- Rows, or how many were affected.
function mysql:query(text)
    self.seq = -1
    local ok, err = self:send("\3" .. text)
    if not ok then
        return nil, err
    end
    local p
    p, err = self:packet()
    if not p then
        return nil, err
    end
    if p:byte(1) == 255 then
        return failure(p)
    elseif p:byte(1) == 0 then
        return (varying(p, 2))
    end
    local columns, rows = varying(p, 1), {}
    for _ = 1, columns + 1 do -- their definitions and a mark
        assert(self:packet())
    end
    while true do
        p, err = self:packet()
        if not p then
            return nil, err
        end
        if p:byte(1) == 254 and #p < 9 then
            return rows
        elseif p:byte(1) == 255 then
            return failure(p)
        end
        local row, at, len = {}, 1
        for i = 1, columns do
            len, at = varying(p, at)
            row[i] = len and p:sub(at, at + len - 1) or ngx.null
            at = at + (len or 0)
        end
        rows[#rows + 1] = row
    end
end

return mysql

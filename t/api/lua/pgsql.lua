-- A small client for PostgreSQL, protocol 3.0, simple queries.
local pgsql = {}
pgsql.__index = pgsql

local function big(s, at, n)
    local v = 0
    for i = at, at + n - 1 do
        v = v * 256 + s:byte(i)
    end
    return v
end

local function int32(v)
    local t = {}
    for i = 4, 1, -1 do
        t[i] = string.char(v % 256)
        v = math.floor(v / 256)
    end
    return table.concat(t)
end

local function message(kind, body)
    return {kind, int32(#body + 4), body}
end

-- One message: its kind and what is in it.
function pgsql:message()
    local head, err = self.sock:receive(5)
    if not head then
        return nil, err
    end
    local len = big(head, 2, 4) - 4
    if len == 0 then
        return head:sub(1, 1), ""
    end
    local body
    body, err = self.sock:receive(len)
    if not body then
        return nil, err
    end
    return head:sub(1, 1), body
end

local function failure(body)
    local t = {}
    for field, text in body:gmatch("(%a)([^%z]*)%z") do
        t[field] = text
    end
    return t.S .. " " .. t.C .. ": " .. t.M
end

function pgsql.connect(user, password, ...)
    local sock = ngx.socket.tcp()
    sock:settimeout(20000)
    local self = setmetatable({sock = sock, settings = {}}, pgsql)
    local ok, err = sock:connect(...)
    if not ok then
        return nil, err
    end
    if sock:getreusedtimes() > 0 then
        return self
    end
    assert(sock:send(message("", int32(3 * 65536) .. "user\0" .. user ..
        "\0database\0test\0\0")))
    while true do
        local kind, body = self:message()
        if not kind then
            return nil, body
        elseif kind == "E" then
            return nil, failure(body)
        elseif kind == "Z" then
            return self
        elseif kind == "S" then
            local name, value = body:match("^([^%z]*)%z([^%z]*)")
            self.settings[name] = value
        elseif kind == "R" and big(body, 1, 4) == 5 then
            local inner = ngx.md5(password .. user)
            assert(sock:send(message("p",
                "md5" .. ngx.md5(inner .. body:sub(5, 8)) .. "\0")))
        elseif kind == "R" and big(body, 1, 4) ~= 0 then
            return nil, "unknown way to authenticate"
        end
    end
end

-- Rows, or what the command says that it did.
function pgsql:query(text)
    local ok, err = self.sock:send(message("Q", text .. "\0"))
    if not ok then
        return nil, err
    end
    local rows, result
    while true do
        local kind, body = self:message()
        if not kind then
            return nil, body
        elseif kind == "T" then
            rows = {}
        elseif kind == "D" then
            local row, at = {}, 3
            for i = 1, big(body, 1, 2) do
                local len = big(body, at, 4)
                at = at + 4
                if len == 0xffffffff then
                    row[i] = ngx.null
                else
                    row[i] = body:sub(at, at + len - 1)
                    at = at + len
                end
            end
            rows[#rows + 1] = row
        elseif kind == "C" then
            result = rows or body:sub(1, -2)
        elseif kind == "E" then
            err = failure(body)
        elseif kind == "Z" then
            return not err and result or nil, err
        end
    end
end

return pgsql

-- A small client for Redis, as libraries write them.
local redis = {}
redis.__index = redis

function redis.new(...)
    local sock = ngx.socket.tcp()
    sock:settimeout(5000)
    local ok, err = sock:connect(...)
    if not ok then
        return nil, err
    end
    return setmetatable({sock = sock}, redis)
end

local function request(args)
    local t = {"*", #args, "\r\n"}
    for i = 1, #args do
        local arg = tostring(args[i])
        t[#t + 1] = {"$", #arg, "\r\n", arg, "\r\n"}
    end
    return t
end

function redis:reply()
    local line, err = self.sock:receive()
    if not line then
        return nil, err
    end
    local kind, rest = line:sub(1, 1), line:sub(2)
    if kind == "+" then
        return rest
    elseif kind == "-" then
        return false, rest
    elseif kind == ":" then
        return tonumber(rest)
    elseif kind == "$" then
        if rest == "-1" then
            return ngx.null
        end
        local data
        data, err = self.sock:receive(tonumber(rest))
        if not data then
            return nil, err
        end
        assert(self.sock:receive(2))
        return data
    elseif kind == "*" then
        local t = {}
        for i = 1, tonumber(rest) do
            t[i], err = self:reply()
            if t[i] == nil then
                return nil, err
            end
        end
        return t
    end
    return nil, "unknown reply " .. line
end

function redis:call(...)
    local ok, err = self.sock:send(request{...})
    if not ok then
        return nil, err
    end
    return self:reply()
end

function redis:pipeline(list)
    local t = {}
    for i, args in ipairs(list) do
        t[i] = request(args)
    end
    assert(self.sock:send(t))
    for i = 1, #list do
        t[i] = assert(self:reply())
    end
    return t
end

return redis

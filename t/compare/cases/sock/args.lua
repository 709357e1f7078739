-- Wrong arguments of each method, on a socket that was never connected, one
-- that is connected and one that is closed.
table.pack = table.pack or function(...) return {n = select("#", ...), ...} end
local function try(name, f, ...)
    local r = table.pack(pcall(f, ...))
    for i = 1, r.n do r[i] = tostring(r[i]):gsub("^.-:%d+: ", "") end
    ngx.say("  ", name, ": ", table.concat(r, ", "))
end
try("tcp", ngx.socket.tcp, 1)
try("stream", ngx.socket.stream, nil)
ngx.say(ngx.socket.tcp == ngx.socket.stream)

local function all(sock)
    for _, m in ipairs{"send", "receive", "receiveany", "close",
                       "setkeepalive", "getreusedtimes"} do
        local f = sock[m]
        try(m, f)
        try(m .. " nil", f, nil)
        try(m .. " string", f, "x")
        try(m .. " number", f, 1, 2)
        try(m .. " empty table", f, {}, 3)
        try(m .. " 4", f, sock, 1, 2, 3)
        -- setkeepalive looks at its arguments first since 0.10.27
        if m ~= "close" and m ~= "setkeepalive" then
            try(m .. " table", f, sock, {x = 1})
            try(m .. " hole", f, sock, {1, nil, 3})
            try(m .. " function", f, sock, print)
            try(m .. " *x", f, sock, "*x")
            try(m .. " foo", f, sock, "foo")
            try(m .. " -1", f, sock, -1)
            try(m .. " true", f, sock, {true})
            try(m .. " 0/0", f, sock, "nan")
        end
    end
    local f = sock.connect
    try("connect", f, sock)
    try("connect host", f, sock, "127.0.0.1")
    try("connect host nil", f, sock, "127.0.0.1", nil)
    try("connect host table", f, sock, "127.0.0.1", {})
    try("connect port -1", f, sock, "127.0.0.1", -1)
    try("connect port 65536", f, sock, "127.0.0.1", 65536)
    try("connect port x", f, sock, "127.0.0.1", "x")
    try("connect 5", f, sock, "127.0.0.1", 1, {}, 1)
    try("connect nil", f, sock, nil, 80)
    try("connect table", f, sock, {}, 80)
    try("connect no self", f, nil, "127.0.0.1", 80)
    for _, o in ipairs{{pool_size = 0}, {pool_size = -1}, {pool_size = "x"},
                       {pool_size = {}}, {backlog = -1}, {pool = {}},
                       {pool = true}, {pool_size = 1, pool = print}} do
        try("connect opts", f, sock, "127.0.0.1", 1, o)
    end
    try("connect unix", f, sock, "unix:")
    try("connect unix long", f, sock, "unix:" .. ("x"):rep(200))
    try("connect [", f, sock, "[::1", 1)
    try("connect []", f, sock, "[]", 1)
    try("connect [x]", f, sock, "[x]", 1)
    try("connect empty", f, sock, "", 1)
    try("connect :", f, sock, "127.0.0.1:", 1)
    try("connect :0", f, sock, "127.0.0.1:0", 1)
    try("connect :99999", f, sock, "127.0.0.1:99999", 1)
    try("connect /", f, sock, "127.0.0.1/x", 1)
    try("connect ?", f, sock, "127.0.0.1?x", 1)
    f = sock.settimeout
    try("settimeout", f, sock)
    try("settimeout 3", f, sock, 1, 2)
    try("settimeout -1", f, sock, -1)
    try("settimeout 2^31", f, sock, 2^31)
    try("settimeout 2^31-1", f, sock, 2^31 - 1)
    try("settimeout x", f, sock, "x")
    try("settimeout nil", f, sock, nil)
    f = sock.settimeouts
    try("settimeouts -1", f, sock, 1, 1, -1)
    try("settimeouts ok", f, sock, 0, nil, "5")
end
local sock = ngx.socket.tcp()
ngx.say("new")
all(sock)
ngx.say("connected")
sock = ngx.socket.tcp()
sock:settimeout(20)
assert(sock:connect("127.0.0.1", @PEER@))
for _, m in ipairs{"send", "receive", "receiveany"} do
    local f = sock[m]
    try(m, f, sock, "*x")
    try(m, f, sock, "foo")
    if m ~= "receive" then
    try(m, f, sock, {})
    try(m, f, sock, true)
    try(m, f, sock, print)
    try(m, f, sock, {{{}}})
    try(m, f, sock, {1, nil, 3})
    try(m, f, sock, {x = 1})
    try(m, f, sock, {print})
    try(m, f, sock, {true})
    try(m, f, sock, {ngx.null})
    try(m, f, sock, ngx.null)
    try(m, f, sock, -1)
    try(m, f, sock, "-1")
    end
end
sock:close()
ngx.say("closed")
for _, m in ipairs{"receive", "close", "setkeepalive", "getreusedtimes"} do
    try(m, sock[m], sock)
end
try("send", sock.send, sock, "x")
try("send", sock.send, sock, print)
try("receiveany", sock.receiveany, sock, 0)

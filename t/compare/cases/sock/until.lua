-- Patterns that begin in themselves, pieces, inclusive.
local function show(...)
    local t = {}
    for k = 1, select("#", ...) do
        local v = select(k, ...)
        t[k] = type(v) == "string" and ("%q"):format(v) or tostring(v)
    end
    return table.concat(t, ", ")
end

local function try(pattern, orders, opts, ...)
    local sock = ngx.socket.tcp()
    sock:settimeout(3000)
    assert(sock:connect("127.0.0.1", @PEER@))
    assert(sock:send(orders .. " C\n"))
    local iter, err
    if opts then
        iter, err = sock:receiveuntil(pattern, opts)
    else
        iter, err = sock:receiveuntil(pattern)
    end
    ngx.say(("%q"):format(pattern), " in ", orders, " ", type(iter), " ",
            tostring(err))
    for i = 1, select("#", ...) do
        local n = select(i, ...)
        if n == "" then
            ngx.say("  ", show(iter()))
        else
            ngx.say("  ", n, ": ", show(iter(n)))
        end
    end
    ngx.say("  rest: ", show(sock:receive("*a")))
    sock:close()
end

for _, how in ipairs{"S", "D"} do
    try("--abc", how .. ":hello,%20world%20-----abcdef", nil, "")
    try("--abc", how .. ":hello--abc--abcx", nil, "", "", "", "")
    try("aa", how .. ":abcabcaaabaabc", nil, "", "", "")
    try("ab", how .. ":aabaaab", nil, "", "", "")
    try("abcabd", how .. ":abcabcabdabcabcabcabdx", nil, "", "", "")
    try("aaab", how .. ":aaaaaaabaaab", nil, "", "")
    try("ababac", how .. ":abababababacab", nil, "")
    try("-----------------------------1", how .. ":" .. ("-"):rep(40) .. "1x",
        nil, "")
    try("\r\n\r\n", how .. ":A:%201%0D%0AB:%202%0D%0A%0D%0D%0A%0D%0Abody",
        nil, "")
    try("x", how .. ":xx", nil, "", "")
    try("end", how .. ":no%20en", nil, "", "")
    try("--abc", how .. ":hello--abx--abc!", {inclusive = true}, "")
    try("--abc", how .. ":ab--abc", {inclusive = true}, "")
    try("--abc", how .. ":ab--abc", {inclusive = false}, "")
    -- pieces
    try("--abc", how .. ":hello,%20world%20-----abcdef", nil, 4, 4, 4, 4, 4,
        4, 4)
    try("--abc", how .. ":hello--abc--ab--abcx", nil, 3, 3, 3, 3, 3, 3, 3)
    try("abcabd", how .. ":abcabcabcabcabdxyabcabdz", nil, 1, 1, 2, 3, 4, 4)
    try("aaab", how .. ":aaaaaaaaaaaab", nil, 2, 2, 2, 2, 2, 2, 2, 2)
    try("ababac", how .. ":abababababacab", nil, 3, 3, 3, 3, 3)
    try("--abc", how .. ":hello--abx--abc!", {inclusive = true}, 4, 4, 4, 4)
    try("ab", how .. ":aaaaab", nil, 1, 1, 1, 1, 1, 1)
    try("abc", how .. ":ababababc", nil, 1, 1, 1, 1, 1)
    try("ab", how .. ":xyzab", nil, 0, 0)
    try("ab", how .. ":xyzab", nil, -5, "")
    try("ab", how .. ":ab", nil, 10, 10)
end

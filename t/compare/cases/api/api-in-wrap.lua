-- The same inside coroutines in a light thread.
local function try(name, f)
    local function show(ok, ...)
        local t = {}
        for i = 1, select("#", ...) do
            t[i] = tostring((select(i, ...))):gsub("^[^ ]*:%d+: ", "")
        end
        ngx.say(name, ": ", ok, " ", table.concat(t, " | "))
    end
    show(pcall(f))
end
local function body()
    ngx.sleep(0.001)
    try("say", function() ngx.say({print}) end)
    try("sleep", function() ngx.sleep({}) end)
    try("flush", function() ngx.flush("x") end)
    try("flush", function() return ngx.flush(true) end)
    try("exit", function() ngx.exit(ngx.DONE) end)
    try("ctx", function() ngx.ctx = "x" end)
    try("headers", function() return ngx.req.get_headers().host ~= nil end)
    ngx.sleep(0)
    coroutine.yield("yielded")
    return "returned"
end
local w = coroutine.wrap(body)
ngx.say(w())
ngx.say(w())
ngx.thread.wait(ngx.thread.spawn(function()
    local v = coroutine.wrap(body)
    ngx.say(v())
    ngx.say(v())
end))

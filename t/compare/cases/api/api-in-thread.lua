-- The same functions inside a light thread, after a sleep.
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
local t = ngx.thread.spawn(function()
    ngx.sleep(0.001)
    ngx.say("say ", ngx.var.uri ~= nil, " ", ngx.req.get_method(), " ", ngx.status)
    try("say", function() ngx.say(print) end)
    try("sleep", function() ngx.sleep(-1) end)
    try("sleep", function() ngx.sleep("x") end)
    try("flush", function() ngx.flush(1) end)
    try("eof", function() ngx.eof(1) end)
    try("exit", function() ngx.exit(ngx.AGAIN) end)
    try("ctx", function() ngx.ctx = 1 end)
    try("var", function() ngx.var.uri = 1 end)
    try("log", function() ngx.log("x") end)
    ngx.flush(true)
    ngx.sleep(0)
    ngx.say(ngx.headers_sent, " ", ngx.get_phase())
    return "done"
end)
ngx.say("entry")
ngx.say(ngx.thread.wait(t))

-- ngx.eof and what it leaves of the other functions.
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
ngx.say("before")
try("arguments", function() ngx.eof(1) end)
try("nil argument", function() ngx.eof(nil) end)
local r = {}
local function note(name, f, ...)
    local a, b = f(...)
    r[#r + 1] = name .. "=" .. tostring(a) .. "," .. tostring(b)
end
ngx.ctx.note = r
note("eof", ngx.eof)
note("eof again", ngx.eof)
note("say", ngx.say, "x")
note("print", ngx.print)
note("flush", ngx.flush)
note("flush wait", ngx.flush, true)
note("send_headers", ngx.send_headers)
ngx.log(ngx.ERR, table.concat(r, " "))
local want = "eof=1,nil eof again=nil,seen eof say=nil,seen eof "
    .. "print=nil,seen eof flush=nil,seen eof flush wait=nil,seen eof "
    .. "send_headers=1,nil"
if table.concat(r, " ") ~= want then
    error("other results: " .. table.concat(r, " "))
end

-- version: 1.0
-- compare: Content-Length
-- nginx: lua_http10_buffering off;
-- httpd: LuaCoHttp10Buffering off
local r = {}
local function note(what, ...)
    local t = {...}
    for i = 1, select("#", ...) do
        t[i] = tostring(t[i])
    end
    r[#r + 1] = what .. "=" .. table.concat(t, ",")
end
note("flush", ngx.flush())
note("say", ngx.say("one"))
note("sent", ngx.headers_sent)
note("flush", ngx.flush())
note("flush true", ngx.flush(true))
note("send_headers", ngx.send_headers())
note("sent", ngx.headers_sent)
if "off" == "on" then
    ngx.header.x_late = "late"
    ngx.status = 201
end
note("print", ngx.print("two\n"))
ngx.say(table.concat(r, " "))

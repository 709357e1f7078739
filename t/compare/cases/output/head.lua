-- A HEAD request.
-- method: HEAD
-- compare: log
local r = {}
local function note(name, f, ...)
    local a, b = f(...)
    r[#r + 1] = name .. "=" .. tostring(a) .. "," .. tostring(b)
end
ngx.header.x_head = "1"
note("flush", ngx.flush)
note("say", ngx.say, "x")
note("say", ngx.say, "y")
note("flush", ngx.flush, true)
note("eof", ngx.eof)
note("eof", ngx.eof)
note("headers", ngx.send_headers)
ngx.log(ngx.ERR, table.concat(r, " "))

-- What may not be called here; the phase's name differs.
-- phase: body_filter
-- nginx: header_filter_by_lua_block { ngx.header.content_length = nil }
local r = {}
local function try(name, f, ...)
    local ok, err = pcall(f, ...)
    err = ok and type(err) or tostring(err)
    r[#r + 1] = name .. ": " .. tostring(ok) .. " " .. err:gsub("^[^ ]*:%d+: ", "")
        :gsub("body_filter_by_lua%*", "X"):gsub("LuaCoBodyFilter", "X"):gsub("'[^']*'", "f")
        :gsub("a C%-call", "C-call")
end
for _, n in ipairs{"say", "print", "send_headers"} do
    try(n, ngx[n], "x")
end
try("flush", ngx.flush)
try("flush true", ngx.flush, true)
try("flush x", ngx.flush, "x")
try("eof", ngx.eof)
try("eof x", ngx.eof, 1)
try("sleep", ngx.sleep, 0.001)
try("exit", ngx.exit, 200)
try("spawn", ngx.thread.spawn, function() end)
try("wait", ngx.thread.wait)
try("kill", ngx.thread.kill)
try("create", coroutine.create, function() end)
try("wrap", function() return coroutine.wrap(function() coroutine.yield("y") end)() end)
try("status", function() return ngx.status end)
try("status set", function() ngx.status = 404 end)
try("header", function() return ngx.header.content_type end)
try("header set", function() ngx.header.x_y = 1 end)
try("var", function() return ngx.var.uri end)
try("headers", ngx.resp.get_headers)
try("add", require "ngx.resp".add_header, "x", "y")
r[#r + 1] = ngx.status .. tostring(ngx.headers_sent) .. ngx.get_phase()
ngx.arg[1] = ngx.arg[2] and table.concat(r, "\n") or ""

-- What may not be called here; the phase's name differs.
-- phase: header_filter
local r = {}
local function try(name, f, ...)
    local ok, err = pcall(f, ...)
    err = ok and type(err) or tostring(err)
    r[#r + 1] = name .. ": " .. tostring(ok) .. " " .. err:gsub("^[^ ]*:%d+: ", "")
        :gsub("header_filter_by_lua%*", "X"):gsub("LuaCoHeaderFilter", "X"):gsub("'[^']*'", "f")
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
try("spawn", ngx.thread.spawn, function() end)
try("wait", ngx.thread.wait)
try("kill", ngx.thread.kill)
try("create", coroutine.create, function() end)
try("wrap", function() return coroutine.wrap(function() coroutine.yield("y") end)() end)
try("exit again", ngx.exit, -2)
try("arg", function() return ngx.arg[1] end)
try("arg set", function() ngx.arg[1] = "x" end)
try("status", function() return ngx.status end)
try("header", function() ngx.header.x_y = 1 end)
try("var", function() return ngx.var.uri end)
try("log", ngx.log, ngx.INFO, "x")
for i = 1, #r do
    ngx.header["X-R" .. i] = r[i]
end

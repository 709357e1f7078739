local n = tonumber(ngx.var.arg_n or 60)
if n == 0 then return ngx.print("bottom") end
local ok, res = pcall(ngx.location.capture, "/t?n=" .. n - 1)
ngx.print(ok and res.body or n .. ": " .. res)

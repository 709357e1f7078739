-- Lines of the log phase.
-- phase: log
-- compare: log
ngx.log(ngx.ERR, "in ", ngx.get_phase())
local function f() print("function") end
f()

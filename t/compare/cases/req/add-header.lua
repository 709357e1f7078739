-- require("ngx.req").add_header
-- header: X-Old: old
-- header: X-Twice: one
-- header: X-Twice: two
local add = require("ngx.req").add_header
local function show(name)
    local v = ngx.req.get_headers()[name]
    if type(v) == "table" then v = "{" .. table.concat(v, "|") .. "}" end
    ngx.say(name, " = ", tostring(v))
end
add("X-Old", "new")
show("x-old")
add("X-Twice", {"three", "four"})
show("x-twice")
add("X-New", 1)
show("x-new")
add("X-New", {2, 3})
show("x-new")
ngx.req.set_header("X-New", "only")
show("x-new")
add("Host", "other")
show("host")
ngx.say(ngx.var.host)

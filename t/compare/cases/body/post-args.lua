-- ngx.req.get_post_args and its limits.
-- method: POST
-- body: a=1&b&a=2&&=x&c=%20x+y%zz&d=
ngx.req.read_body()
local function show(...)
    local t, err = ngx.req.get_post_args(...)
    local names = {}
    for k, v in pairs(t) do
        v = type(v) == "table" and table.concat(v, "+") or tostring(v)
        names[#names + 1] = k .. "=" .. v
    end
    table.sort(names)
    ngx.say(table.concat(names, " "), " | ", err)
end
show()
for max = -1, 9 do
    show(max)
end
show("2")
show(2.9)

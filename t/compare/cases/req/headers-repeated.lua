-- Repeated fields as tables.
-- header: X-A: 1
-- header: X-B: only
-- header: x-a: 2
-- header: X-A:
-- header: Cookie: a=1
-- header: Cookie: b=2; c=3
-- header: X-B2: a, b
local function show(...)
    local names = {}
    local h, err = ngx.req.get_headers(...)
    for k, v in pairs(h) do
        names[#names + 1] = k .. "=" .. (type(v) == "table" and "{" .. table.concat(v, "|") .. "}" or v)
    end
    table.sort(names)
    for i, n in ipairs(names) do
        if not n:lower():find("^host=") and not n:lower():find("^connection=") then ngx.say(n) end
    end
    ngx.say(tostring(err))
end
show()
show(0)
ngx.say(table.concat(ngx.req.get_headers()["X-A"], "|"), " ", ngx.req.get_headers().x_b)
ngx.say(ngx.var.cookie_a, " ", ngx.var.cookie_b, " ", ngx.var.cookie_c)
ngx.say(ngx.var.http_cookie)

-- ngx.req.get_headers: names, values, the metatable.
-- header: X-Foo: bar
-- header: x-lower: l
-- header: X-UPPER-Case: u
-- header: X-Empty:
-- header: X-Blanks:   a  b  
local h, err = ngx.req.get_headers()
local names = {}
for k, v in pairs(h) do
    names[#names + 1] = k .. "=[" .. v .. "]"
end
table.sort(names)
ngx.say(table.concat(names, "\n"))
ngx.say(tostring(err))
ngx.say(h["X-Foo"], h.x_foo, h["x-foo"], h.X_FOO, h["X-upper_CASE"])
ngx.say(tostring(h.nosuch), tostring(h[1]), tostring(h[1.5]), rawget(h, "X-Foo") == nil)
ngx.say(pcall(function() return h[nil] end) == false, pcall(function() return h[true] end) == false)
local raw = ngx.req.get_headers(nil, true)
names = {}
for k, v in pairs(raw) do
    names[#names + 1] = k .. "=" .. v
end
table.sort(names)
ngx.say(table.concat(names, "\n"))
ngx.say(tostring(raw["x-foo"]), tostring(raw.x_foo), tostring(getmetatable(raw)))
h.added = "x"
ngx.say(h.Added, tostring(ngx.req.get_headers().added))

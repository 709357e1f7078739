-- The table that the caller gives for the results.
local function show(t)
    local keys = {}
    for k in pairs(t) do keys[#keys + 1] = tostring(k) end
    table.sort(keys)
    for _, k in ipairs(keys) do
        ngx.print(k, "=", tostring(t[tonumber(k) or k]), " ")
    end
    ngx.say("")
end
local res = { [5] = "old", other = "kept" }
local m = ngx.re.match("hello, 1234", "([a-z]+), (?<number>\\d+)(x)?", "jo", nil, res)
ngx.say(m == res)
show(res)
m = ngx.re.match("nothing", "([a-z]+), (?<number>\\d+)", "jo", nil, res)
ngx.say(m)
show(res)
res = {}
m = ngx.re.match("ab", "(?<n>a)(?<n>b)", "D", nil, res)
ngx.say(table.concat(res.n, ","))
local ctx = {}
m = ngx.re.match("abc", "b", "", ctx, ctx)
ngx.say(m == ctx, " ", ctx.pos, " ", ctx[0])
ngx.say(ngx.re.match("abc", "b", "", nil, false)[0])

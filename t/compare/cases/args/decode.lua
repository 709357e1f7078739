-- ngx.decode_args: pairs, escapes, names alone, several values.
local function show(t, err)
    local names = {}
    for k, v in pairs(t) do
        if type(v) == "table" then
            for i = 1, #v do v[i] = type(v[i]) .. ":" .. tostring(v[i]) end
            v = "{" .. table.concat(v, ", ") .. "}"
        end
        names[#names + 1] = #k .. "[" .. k .. "]=" .. type(v) .. ":" .. tostring(v)
    end
    table.sort(names)
    ngx.say(table.concat(names, "  "), " ", tostring(err))
end
for _, s in ipairs{"", "a", "a=", "a=1", "a=1&b=2", "a=1&a=2&a", "a&a=&a=%20",
    "=x&&=&a", "a=b=c", "%61%3d=%26%3D+x", "%&%4=%zz", "a%00b=%00", "&", "a=1&",
    "+", "%", "a%2", "b%2G=1", "%E4%f6=%ff"} do
    show(ngx.decode_args(s))
end
show(ngx.decode_args(12))
show(ngx.decode_args(1.5))
local s = {}
for i = 1, 120 do s[i] = "k" .. i .. "=" .. i end
s = table.concat(s, "&")
local function count(...)
    local t, err = ngx.decode_args(...)
    local n = 0
    for k in pairs(t) do n = n + 1 end
    ngx.say(n, " ", tostring(err))
end
count(s)
for _, max in ipairs{0, 1, 2, 99, 100, 119, 120, 121, -1, "7", 3.9, 1/0, -2^40} do
    count(s, max)
end
count("a=1&b=2&", 2)
count("a=1&b=2", 2)
count("&&a=1&b=2&c", 3)
count("&&&", 3)

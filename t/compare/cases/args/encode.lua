-- ngx.encode_args: escapes, numbers, booleans, arrays. The order of names is
-- the table's own, so the pairs are sorted.
local function show(t)
    local s = ngx.encode_args(t)
    local pairs_of = {}
    for p in s:gmatch("[^&]+") do pairs_of[#pairs_of + 1] = p end
    table.sort(pairs_of)
    ngx.say(#s, " ", table.concat(pairs_of, "&"))
end
show{}
show{a = 1}
show{a = 1, b = "x y", c = true, d = false}
show{a = {}}
show{a = {1, "two", true, false, "three"}}
show{a = {false}}
show{a = {true}}
show{["b r"] = "hello world"}
show{["=&+%/?#"] = "=&+%/?#"}
show{["a\0b"] = "\0\n\127\255\228"}
show{[""] = ""}
show{[""] = true}
show{a = ""}
show{a = 1.5, b = -3, c = 1e15, d = 6 / 2}
show{a = "-._~!'()*", b = [["$,:;<>@[\]^`{|}]]}
show{a = {10 / 2, x = "named"}}
local t = {}
for i = 1, 300 do t["key " .. i] = ("v&"):rep(i) end
show(t)
local back = ngx.decode_args(ngx.encode_args(t), 0)
local same = true
for k, v in pairs(t) do same = same and back[k] == v end
ngx.say(same)

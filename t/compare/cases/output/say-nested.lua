-- Tables are written as arrays, nested to any depth.
ngx.say({"a", "b", {"c", {"d", 1, 2.5, {true, false, {ngx.null}}}}, "e"})
local holes = {"a"}
holes[4] = "d"
ngx.say(holes)
ngx.say({nil, nil, "c"})
local deep = {"x"}
for i = 1, 150 do
    deep = {i, deep}
end
ngx.say(deep)
local shared = {"s"}
ngx.say({shared, shared, {shared}})
-- Entries are read raw.
ngx.say(setmetatable({"a"}, {__index = function() return "meta" end,
    __len = function() return 5 end}))
ngx.say(setmetatable({}, {__index = {"x", "y"}}), "end")

-- Long strings and many pieces.
local parts = {}
for i = 1, 2000 do
    parts[i] = i
end
ngx.say(parts)
ngx.say(string.rep("x", 100000))
for i = 1, 300 do
    ngx.print(i, " ", string.rep("y", i), "\n")
end
local s = string.rep("0123456789", 102)
ngx.print(s, s, "abc", s, {s, {s, "z"}}, "\n")

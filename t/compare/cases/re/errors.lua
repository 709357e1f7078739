-- What is returned, and the words of what is raised.
local function show(...)
    local t = {}
    for i = 1, select("#", ...) do t[i] = tostring((select(i, ...))) end
    ngx.say(#t, ": ", (table.concat(t, " "):gsub("^false [^ ]*:%d+: ", "false ")))
end
local re = ngx.re
for _, name in ipairs { "match", "find", "gmatch" } do
    local f = re[name]
    show(pcall(f, "a", "a", "q"))
    show(pcall(f, "a", "a", "joi?"))
    show(pcall(f, "a", "a", "oz"))
end
show(pcall(re.sub, "a", "a", "b", "q"))
show(pcall(re.gsub, "a", "a", "b", "iq"))
show(re.sub("abc", "b", "$x"))
show(re.gsub("abc", "b", "${1", "jo"))
show(pcall(re.gsub, "abc", "b", function() end))
show(pcall(re.gsub, "abc", "b", function() error({}) end) == false)

-- An empty match before others, and a first group that took no part.
local re = require "ngx.re"
for _, c in ipairs { { "a b", "\\s*" }, { "ab,c,d", "(?=b)|," }, { "a,b", "(x)|(,)" } } do
    ngx.say(table.concat(re.split(c[1], c[2]), ";"))
end

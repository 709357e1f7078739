-- Templates and functions, once and everywhere.
local function show(...)
    local t = {}
    for i = 1, select("#", ...) do t[i] = tostring((select(i, ...))) end
    ngx.say(#t, ": ", table.concat(t, " "))
end
local cases = {
    { "hello, 1234", "([0-9])[0-9]", "[$0][$1]" },
    { "hello, 1234", "[0-9]", "${0}00" },
    { "hello, 1234", "[0-9]", "$$" },
    { "hello, world", "([a-z])[a-z]+", "[$0,$1]", "i" },
    { "hello", "l", "" },
    { "hello", "", "-" },
    { "hello", "l*", "x" },
    { "hello", "$", "!" },
    { "hello", "^", "!" },
    { "", "", "x" },
    { "", "a", "x" },
    { "aaa", "a", "b", "jo" },
    { "aaa", "a", "$1$2$99$18446744073709551615", "jo" },
    { "abc", "(x)|(b)", "<$1|$2>" },
    { "abc", "(b)|(x)", "<$1|$2>" },
    { "abc", "b", "$" }, { "abc", "b", "x$" },
    { "abc", "b", "$ " }, { "abc", "b", "${" },
    { "abc", "b", "${}" }, { "abc", "b", "${1" },
    { "abc", "b", "${1x}" }, { "abc", "b", "$x" },
    { "abc", "b", "${x}" }, { "abc", "b", "${x" },
    { "abc", "b", "$$$$" }, { "abc", "b", "$$1" },
    { "abc", "(b)", "$$$1" }, { "abc", "(b)", "$01$001" },
    { "abc", "(b)", "$1x${1}1$1" },
    { "abc", "nothing", "$x" },
    { "abc", "b", 12.5 }, { "abc", "b", nil }, { "abc", "b", true },
    { 12321, "2", 9 }, { nil, "n", "x" },
    { "a\0b\0", "\\x00", "$0$0" },
    { "aab", "a|aa", "<$0$1>", "d" },
    { "1 2 3", "\\d", "x", "a" },
    { "你好", "(.)", "<$1>", "u" },
    { "a.b.c", "\\.", "%1" },
    { "x y z", "\\s*(\\w)\\s*", "$1;", "jo" },
    { ("ab"):rep(300), "b", ("0123456789$0"):rep(40) },
}
for i, c in ipairs(cases) do
    ngx.print(i, " ")
    show(ngx.re.sub(c[1], c[2], c[3], c[4]))
    ngx.print(i, " ")
    show(ngx.re.gsub(c[1], c[2], c[3], c[4]))
end

local function f(m)
    return "[" .. m[0] .. "," .. tostring(m[1]) .. "," .. tostring(m.n) .. "]"
end
for _, opts in ipairs { "", "jo", "i" } do
    show(ngx.re.sub("hello, 1234", "([0-9])(?<n>[0-9])", f, opts))
    show(ngx.re.gsub("hello, 1234", "([0-9])(?<n>[0-9])", f, opts))
end
show(ngx.re.gsub("hello", "", function() return "$0" end))
show(ngx.re.gsub("hello", "l*", function(m) return #m[0] end))
show(ngx.re.gsub("hello", "x", f))
show(ngx.re.gsub("", "", f))
show(ngx.re.gsub("hello", "l", function() return nil end))
show(ngx.re.gsub("hello", "l", function() return true, "second" end))
show(ngx.re.gsub("hello", "l", function() return 1.5 end))
show(ngx.re.gsub("hello", "l", function()
    return setmetatable({}, { __tostring = function() return "T" end })
end))
show(pcall(ngx.re.gsub, "hello", "l", function() error("on purpose", 0) end))
show(ngx.re.gsub("abc", ".", function(m)
    return (ngx.re.gsub(m[0] .. m[0], m[0], function() return "<" .. m[0] .. ">" end, "jo"))
end, "jo"))

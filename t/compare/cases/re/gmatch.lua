-- Iterators: all matches, empty ones, and after the end.
local function all(subject, regex, opts)
    local it, err = ngx.re.gmatch(subject, regex, opts)
    if not it then
        return ngx.say("no iterator")
    end
    local t = {}
    while true do
        local m, e = it()
        if e then t[#t + 1] = "error " .. e end
        if not m then break end
        t[#t + 1] = "<" .. tostring(m[0]) .. ">" .. tostring(m[1]) .. tostring(m.n)
    end
    ngx.say(table.concat(t, " "), " then ", it(), " ", it())
end
all("hello, world!", "([a-z]+)", "i")
all("hello, world!", "([a-z]+)", "jo")
all("hello, world!", "(?<n>[a-z])(?<m>x)?", "jo")
all("hello", "")
all("hello", "l*")
all("hello", "$")
all("hello", "o|$")
all("", "")
all("", "a")
all("a\nb", "^", "m")
all("aab", "a|aa", "d")
all("12,34", "\\d", "a")
all("x\0y", ".", "s")
all(1234, "[13]")
all(nil, "[nil]")
all("你好", ".", "u")
all("你好", "(.)", "U")
for m in ngx.re.gmatch("key=value, k2=v2", "(\\w+)=(\\w+)", "jo") do
    ngx.say(m[1], " ", m[2])
end
local a, b = ngx.re.gmatch("abc", "."), ngx.re.gmatch("123", ".", "jo")
for i = 1, 4 do
    local x, y = a(), b()
    ngx.say(x and x[0], " ", y and y[0])
end

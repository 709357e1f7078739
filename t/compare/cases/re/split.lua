local re = require "ngx.re"
local function show(t, err)
    if type(t) ~= "table" then
        return ngx.say(tostring(t), " ", tostring(err))
    end
    local out = {}
    for i = 1, #t do out[i] = "<" .. t[i] .. ">" end
    ngx.say(#t, " ", table.concat(out, " "))
end
local cases = {
    { "a,b,c,d", "," }, { "a,b,c,d", "(,)" }, { "a,b,c,d", "(,)(x)?" },
    { "abcd", "" }, { "abcd", "", "jo" }, { "", "" }, { "", "," },
    { "a,b,c,d", ",", nil, { pos = 5 } }, { "a,b,c,d", ",", nil, { pos = 99 } },
    { "a,b,c,d", ",", nil, { pos = 0 } }, { "a,b,c,d", ",", nil, {} },
    { "a,b,c,d", ",", nil, nil, 3 }, { "a,b,c,d", ",", nil, nil, 1 },
    { "a,b,c,d", ",", nil, nil, 0 }, { "a,b,c,d", ",", nil, nil, -1 },
    { "a,b,c,d", ",", nil, nil, 99 }, { "a,b,c,d", ",", nil, nil, 2.5 },
    { "a,,b,,", "," }, { "a,,b,,", ",", nil, nil, 10 }, { ",,,", "," },
    { ",a", "," }, { "a,", "," }, { "a,", ",", nil, nil, 5 }, { "a,b", ";" },
    { "a1b22c", "\\d" }, { "a1b22c", "\\d+", "jo" }, { "a1b22c", "(\\d)+" },
    { "abcd", "(?=c)" }, { "abcd", "(?<=b)" }, { "a b  c", "\\s+" },
    { "AxBXC", "x", "i" }, { 12321, "2" }, { "abcd", "", nil, nil, 2 },
    { "abcd", "", nil, { pos = 2 }, 2 }, { "a\0b", "\\x00" }, { "abc", "abc" },
    { "abcabc", "abc" }, { "aab", "a", "d" }, { "abcd", "$" }, { "abcd", "^" },
}
for i, c in ipairs(cases) do
    ngx.print(i, ": ")
    show(re.split(c[1], c[2], c[3], c[4], c[5], c[6]))
    if c[4] then ngx.say("   pos ", c[4].pos) end
end
local res = { "W", "X", "Y", "Z" }
ngx.say(re.split("a,b", ",", nil, nil, nil, res) == res, " ", res[3], " ", res[4])
ngx.say(select(2, pcall(re.opt, "x", 1)))
ngx.say(select(2, pcall(re.split, "a", "b", "", nil, 0, "x")))

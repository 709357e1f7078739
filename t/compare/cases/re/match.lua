-- Matches, one a line: subject, pattern, options, position.
local function show(m, err)
    if not m then
        return tostring(m) .. " " .. tostring(err)
    end
    local keys, out = {}, {}
    for k in pairs(m) do keys[#keys + 1] = k end
    table.sort(keys, function(a, b)
        local x, y = type(a), type(b)
        if x ~= y then return x < y end
        return a < b
    end)
    for _, k in ipairs(keys) do
        local v = m[k]
        if type(v) == "table" then
            v = "{" .. table.concat(v, "|") .. "}"
        end
        out[#out + 1] = k .. "=" .. tostring(v)
    end
    return table.concat(out, " ")
end

local cases = {
    { "hello, 1234", "[0-9]+" },
    { "hello, 1234", "([0-9])[0-9]+" },
    { "hello, 1234", "([0-9])(?<remaining>[0-9]+)" },
    { "hello, world", "(world)|(hello)|(?<named>howdy)" },
    { "hello, world", "(?<named>\\w+), (?<named>\\w+)", "D" },
    { "hello, world", "(?<named>x)|(?<named>\\w+)", "D" },
    { "hello, world", "(?<a>x)|(?<a>y)|o", "D" },
    { "hello, world", "HEL LO", "ix" },
    { "hello, world", "world", "a" },
    { "hello, 美好生活", "HELLO, (.{2})", "iu" },
    { "hello, 美好生活", "HELLO, (.{2})", "iU" },
    { "hello, 美好生活", "HELLO, (.{2})", "i" },
    { "a\nb\nc", "^b$", "m" },
    { "a\nb\nc", "a.b", "s" },
    { "a\nb\nc", "a.b" },
    { "aaab", "a+|a+b", "d" },
    { "aaab", "(a+)|(a+b)", "d" },
    { "aaab", "(?<n>a+)", "d" },
    { "aaab", "(a+)(b)?(c)?", "jo" },
    { "aaab", "(a+)(b)?(c)?", "oj" },
    { "aaab", "(?:)(x)?", "" },
    { "", "" },
    { "", "a" },
    { "a", "" },
    { "1234, hello", "[0-9]+", "", 2 },
    { "1234, hello", "[0-9]+", "", 1 },
    { "1234, hello", "[0-9]+", "", 0 },
    { "1234, hello", "[0-9]+", "", -3 },
    { "1234, hello", "[0-9]+", "a", 4 },
    { "1234, hello", "[0-9]+", "a", 5 },
    { "1234, hello", "^", "", 3 },
    { "1234", "$", "", 5 },
    { "1234", "[0-9]+", "", 2.7 },
    { "1234", "(?<=2)3", "", 3 },
    { "x\0y\0z", "y" },
    { "x\0y\0z", "\\x00(.)" },
    { "x\0y\0z", "[^x]+" },
    { 12345, "3" },
    { nil, "(n)(i)(l)" },
    { true, "ru" },
    { 1.5, "." },
    { "abc", "a\\Kb" },
    { "foo.bar", "(?<dir>.*?)\\.(?<ext>[^.]*)$", "jos" },
    { "2024-02-30", "^(\\d{4})-(\\d\\d)-(\\d\\d)$", "joa" },
    { "aXbX", "(?i)x(?-i)b" },
    { "abcabc", "(abc)\\1" },
    { "a\\b", "\\\\" },
    { "ab", "(?|(a)|(b))(b)" },
    { "abab", "(?<x>a)(?&x)?b" },
    { "abc", "b", {} },
    { "abc", "b", false },
}
for i, c in ipairs(cases) do
    local ctx = c[4] and { pos = c[4] }
    ngx.say(i, ": ", show(ngx.re.match(c[1], c[2], c[3], ctx)),
        ctx and " pos=" .. tostring(ctx.pos) or "")
    ctx = c[4] and { pos = c[4] }
    local from, to, err = ngx.re.find(c[1], c[2], c[3], ctx)
    ngx.say("   ", from, " ", to, " ", err, ctx and " pos=" .. tostring(ctx.pos) or "")
end

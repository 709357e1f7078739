-- The Lua side of re.t: one function for each case.
local M = {}
local re, say, sleep = ngx.re, ngx.say, ngx.sleep

local function said(...)
    local t = table.pack(...)
    for i = 1, t.n do
        t[i] = tostring(t[i]):gsub("^[^ ]*:%d+: ", "")
    end
    say(table.concat(t, " "))
end
local function raised(f, ...)
    said(select(2, pcall(f, ...)))
end

-- lua-nginx-module's documentation of ngx.re.*
function M.documented()
    local m = re.match("hello, 1234", "([0-9])(?<remaining>[0-9]+)")
    said(m[0], m[1], m[2], m.remaining)
    m = re.match("hello, world", "(world)|(hello)|(?<named>howdy)")
    said(m[0], m[1], m[2], m[3], m.named)
    m = re.match("hello, world", "(?<named>\\w+), (?<named>\\w+)", "D")
    said(type(m.named), m.named[1], m.named[2])
    local ctx = { pos = 2 }
    said(re.match("1234, hello", "[0-9]+", "", ctx)[0], ctx.pos)
    said(re.find("hello, 1234", "([0-9])([0-9]+)", "jo", nil, 2))
    said(re.sub("hello, 1234", "([0-9])[0-9]", "[$0][$1]"))
    said(re.gsub("hello, world", "([a-z])[a-z]+", "[$0,$1]", "i"))
    said(re.sub("hello, 1234", "[0-9]", "$$"))
end
function M.wrong()
    local closed = coroutine.wrap(function() end)
    for _, name in ipairs { "match", "find", "gmatch" } do
        local function f(...) return (re[name](...)) end
        for _, bad in ipairs { 1, 0 / 0, 2 ^ 63, true, {}, print, ngx.null } do
            local ok, err = pcall(function() re[name]("a", bad) end)
            said(name, ok, err)
        end
        local ok, err = pcall(function() re[name]("a") end)
        said(name, ok, err)
        ok, err = pcall(function() re[name]() end)
        said(name, ok, err)
        for _, bad in ipairs { 1, true, print, { "j" }, ngx.null } do
            ok, err = pcall(function() re[name]("a", "a", bad) end)
            said(name, ok, err)
        end
    end
    for _, name in ipairs { "match", "find" } do
        for _, bad in ipairs { 1, "x", true, print, ngx.null, { pos = "2" }, { pos = {} } } do
            local ok, err = pcall(function() re[name]("a", "a", "", bad) end)
            said(name, ok, err)
        end
        for _, pos in ipairs { 0 / 0, 2 ^ 63, math.maxinteger, 1 / 0, 3 } do
            said(name, re[name]("a", "a", "", { pos = pos }))
        end
        for _, pos in ipairs { math.mininteger, -1 / 0, 0, 1.9, false } do
            said(name, type(re[name]("a", "a", "", { pos = pos })))
        end
    end
    for _, nth in ipairs { "1", {}, true } do
        local ok, err = pcall(function() re.find("a", "a", "", nil, nth) end)
        said("find", ok, err)
    end
    for _, nth in ipairs { 0 / 0, -1, -2 ^ 63, 0.9, 1, 2 ^ 31, 2 ^ 63 } do
        said("find", re.find("a", "a", "", nil, nth))
    end
    local ok, err = pcall(function() re.match("a", "a", "", nil, "res") end)
    said("match", ok, err)
    for _, name in ipairs { "sub", "gsub" } do
        for _, args in ipairs { { n = 0 }, { "a", 1 }, { "a", "a", "b", 1 },
                { "a", "a", function() return "x" end, true } } do
            ok, err = pcall(function() re[name](table.unpack(args, 1, args.n or 4)) end)
            said(name, ok, err)
        end
        said(re[name]("abc", "b"))
        said(re[name]("abc", "b", ngx.null == nil))
        ok, err = pcall(function()
            re[name]("a", "a", function() return setmetatable({}, { __tostring = function() return 1 end }) end)
        end)
        said(name, ok, err)
        ok, err = pcall(function() re[name]("a", "a", function() error({}) end) end)
        said(name, ok, type(err))
    end
    ok, err = pcall(function() re.match(setmetatable({}, { __tostring = function() error("own", 0) end }), "a") end)
    said(ok, err)
end
function M.compile()
    said(re.match("a", "(a"))
    said(re.find("a", "(a", "jo"))
    said(re.gmatch("a", "a)b"))
    said(re.sub("a", "[", "x"))
    said(re.gsub("a", "(a", "x"))
    said(re.gsub("a", "(a", function() end))
    said(re.match("a", "(?<a>.)(?<a>.)"), #select(2, re.match("a", "(?<a>.)(?<a>.)")) > 50)
    local _, err = re.match("a", ("x"):rep(1000) .. "(")
    said(#err)
    said((select(2, re.match("a", "\xff", "u"))):sub(1, 35))
    said(select("#", re.match("a", "b")), select("#", re.find("a", "b")))
end
function M.utf8()
    local you = "你好"
    said(re.match(you:sub(1, 4), you, "u"))
    said(re.find("\xff", ".", "ujo"))
    said(re.gsub("ok\xff", "o", "0", "u"))
    said(re.gsub("ok\xff", "o", function() return "0" end, "u"))
    said(re.gmatch("a\xc3\x28", ".", "u")())
    said(re.match(you, ".", "u", { pos = 2 }))
    said(re.match("\xff\xfe" .. you, ".", "U")[0])
    said((re.gsub("\xff\xfe" .. you .. "\xc3", ".", "<$0>", "Ujo")) == "\xff\xfe<你><好>\xc3")
    said(re.gsub(you, "", "-", "u"))
    said(re.gsub(you, "", "-", "U"))
    said(re.gsub(you, "", function() return "-" end, "ujo"))
    local n = 0
    for m in re.gmatch(you .. "x", "", "u") do n = n + 1 end
    said(n)
    said(re.gsub(you, "(*UTF).", "x"))
    said(table.concat(require "ngx.re".split(you, "", "u"), " "))
    said(re.match("\xff", ".", "Ud"))
end
function M.nul()
    said(re.match("a\0b\0c", "b\0(c)", "jo")[1])
    said(re.find("\0\0x", "x"))
    said(#re.gsub("a\0b", "\0", "$0$0"))
    said(pcall(re.match, "a", "a", "j\0"))
end
function M.big()
    local s = ("abcdefgh"):rep(256 * 1024)
    said(re.find(s, "hx", "jo"))
    said(#re.gsub(s, "h", "", "jo"))
    said(select(2, re.gsub(s, "[aeh]", "<$0>", "jou")))
    local n = 0
    said(#re.gsub(s:sub(1, 800000), "h", function() n = n + 1 return "" end, "jou"), n)
    said(re.find(s, "h$", "jo"))
    said(re.match(s, "^(?:(a)|(b)|(c)|(d)|(e)|(f)|(g)|(h))*$"))
    local p = ("(.)"):rep(300)
    local m = re.match(s, p)
    said(#m, m[300], re.find(s, p, "jo", nil, 300))
    said(re.match("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", "^(a+)+$"))
end
function M.waits()
    local function slow(m)
        sleep(0.001)
        return "<" .. m[0] .. ">"
    end
    said(re.gsub("abc", ".", slow))
    said(re.gsub("abc", ".", slow, "jo"))
    said(re.sub("abc", "b", slow))
    said(pcall(re.gsub, "abc", "b", function() sleep(0.001) error("later", 0) end))
    said(re.gsub("abc", ".", function(m)
        return (re.gsub(m[0]:rep(2), ".", slow, "jo"))
    end, "jo"))
    local threads = {}
    for i = 1, 20 do
        threads[i] = ngx.thread.spawn(function()
            return (re.gsub(("x"):rep(i), "x", function()
                sleep(i % 3 / 1000)
                collectgarbage()
                return i
            end, i % 2 == 0 and "jo" or ""))
        end)
    end
    local sum = 0
    for i = 1, 20 do
        local _, s = ngx.thread.wait(threads[i])
        sum = sum + #s
        assert(s == tostring(i):rep(i))
    end
    said(sum)
    local co = coroutine.wrap(function()
        return re.gsub("ab", ".", function(m) return coroutine.yield(m[0]) end)
    end)
    said(co(), co("1"), co("2"))
end
-- Finalizers match, too, in the middle of what the others do.
function M.finalizers()
    local stop, runs, mt = false, 0, nil
    mt = { __gc = function()
        runs = runs + 1
        assert(re.match(("z"):rep(50), ("(z)"):rep(runs % 40 + 1), "o")[0])
        re.gsub("zzz", "(z)", "<$1$1>", "o")
        if runs % 50 == 0 then collectgarbage() end
        if not stop then setmetatable({}, mt) end
    end }
    for _ = 1, 5 do setmetatable({}, mt) end
    collectgarbage("setpause", 1)
    collectgarbage() -- from here on
    local wide = ("(%w)"):rep(20):gsub("%%", "\\")
    for i = 1, 60 do
        local m = re.match("id=" .. i .. ";x", "id=(\\d+);(x)(y)?" .. ("()"):rep(i % 5), "o")
        assert(m[0] == "id=" .. i .. ";x" and m[1] == tostring(i) and m[2] == "x" and not m[3])
        m = re.match(("ab"):rep(10) .. i, wide .. "(\\d+)", "o")
        assert(m[1] == "a" and m[20] == "b" and m[21] == tostring(i))
        local s = ("ab" .. i):rep(50)
        assert(re.gsub(s, "a(b)", "<$1$1>", "o") == ("<bb>" .. i):rep(50))
        assert(re.gsub(s, "(a)(b)", function(c) return c[2] .. c[1] end, "o") == ("ba" .. i):rep(50))
        assert(re.gsub(("ab"):rep(11), wide, function(c) return c[20] .. c[1] end) == "baab")
        assert(table.concat(require "ngx.re".split(s, "a(b)", "o"), "") == ("b" .. i):rep(50))
        local n = 0
        for c in re.gmatch(s, "(a)(b)") do n = n + #c[1] + #c[2] end
        assert(n == 100)
    end
    stop = true
    collectgarbage("setpause", 200)
    collectgarbage()
    said(runs > 10)
end
-- Callers that are ended while the function of gsub waits.
function M.ended()
    local t = ngx.thread.spawn(function()
        re.gsub("abc", ".", function() sleep(1e6) end, ngx.var.arg_opts)
    end)
    said(ngx.thread.kill(t))
    for i = 1, 50 do
        ngx.thread.spawn(function()
            re.gsub("abc", ".", function() sleep(1e6) end, ngx.var.arg_opts)
        end)
    end
    collectgarbage()
    sleep(0.001)
    collectgarbage()
    said("done")
    ngx.exit(200)
end
function M.dropped()
    for i = 1, 2000 do
        re.gmatch("aaa", "a" .. i)()
        local it = re.gmatch("aaa", "(a)" .. (i % 7 == 0 and "+" or ""))
        it()
    end
    pcall(re.match, "a", "(a)", "", nil, "res")
    collectgarbage()
    said("done")
end
function M.iterator()
    local it = re.gmatch("abc", ".", "jo")
    said(it()[0])
    sleep(0.001)
    said(it()[0])
    local t = ngx.thread.spawn(function() return it()[0] end)
    said(ngx.thread.wait(t))
    said(it(), it())
end
function M.meta()
    local ctx = setmetatable({}, {
        __index = function() return 2 end,
        __newindex = function(t, k, v) re.match("zzz", "z+") rawset(t, k, v) end,
    })
    said(re.match("abcd", "[a-z](.)", "", ctx)[0], ctx.pos)
    ctx = setmetatable({}, { __newindex = function(t, k, v) re.match("zzz", "(z)z+") rawset(t, k, v) end })
    said(re.find("abcd", "[a-z](.)", "", ctx, 1))
    said(pcall(re.find, "abcd", "b", "", setmetatable({}, { __newindex = function() error("no", 0) end })))
end
function M.nested()
    said(re.gsub("abc", "b", function()
        for i = 1, 20 do re.match("x" .. i, "x(\\d+)" .. ("(y)?"):rep(i)) end
        return "B"
    end, "jo"))
end
function M.templates()
    for _, t in ipairs { "${1", "${x", "$x", "${x}", "$", "a$ ", "${}" } do
        said(re.gsub("abc", "(b)", t))
    end
    said(re.gsub("abc", "(", "$x"))
end
function M.split()
    local split = require "ngx.re".split
    said(table.concat(split("a,b,c,d", "(,)"), "|"))
    said(table.concat(split("abcd", ""), "|"))
    said(table.concat(split("a,b,c,d", ",", nil, { pos = 5 }), "|"))
    said(table.concat(split("a,b,c,d", ",", nil, nil, 3), "|"))
    said(split("a", "("))
    said(split("\xff", "a", "u"))
    for _, args in ipairs { { "a", "a", "", 1 }, { "a", "a", "", { pos = "1" } },
            { "a", "a", "", nil, "1" }, { "a", "a", "", nil, 1, 1 }, { "a", 1 }, { "a", "a", "q" } } do
        local ok, err = pcall(function() split(table.unpack(args, 1, 6)) end)
        said(err)
    end
    for _, pos in ipairs { 0 / 0, 2 ^ 63, -2 ^ 63, -5 } do
        said(table.concat(split("a,b", ",", "", { pos = pos }), "|"))
    end
end
function M.opt()
    local opt = require "ngx.re".opt
    re.match("a", "a", "o")
    raised(function() opt("jit_stack_size", 100000) end)
    raised(function() opt("other", 1) end)
    raised(function() opt() end)
end
return M

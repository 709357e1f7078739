/* src/lx/compat*.c: the names of Lua 5.1 and LuaJIT, and LuaJIT's numbers.
 *
 * A case is a chunk and what its results look like.  SAME cases were run on
 * LuaJIT 2.1 too, with the same outcome (but for the name of the function in
 * "bad argument", which it does not know); OURS differ from it, for the reason
 * beside them. */
#include "lx/compat.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lualib.h>

#include "tap.h"

typedef struct test_case {
    const char *code; /* "return " is put before it if it is no statement */
    const char *expected;
} test_case;

#define SAME(code, expected)                                                   \
    {                                                                          \
        code, expected                                                         \
    }
#define OURS(code, expected)                                                   \
    {                                                                          \
        code, expected                                                         \
    }

/* With and without LuaJIT's numbers. */
static const test_case names[] = {
    SAME("unpack({1, 2, 3})", "1 2 3"),
    SAME("unpack({1, 2, 3}, 2, 3)", "2 3"),
    SAME("loadstring('return 1, ...')(2)", "1 2"),
    SAME("loadstring('x =', '=name')", "nil name:1: unexpected symbol near "
                                       "<eof>"),
    SAME("table.getn({1, 2, 3})", "3"),
    SAME("table.maxn{}", "0"),
    SAME("table.maxn{1, 2, [10] = 1, [20.5] = 1, [-30] = 1, x = 2}", "20.5"),
    SAME("local s = 0 table.foreach({1, 2, x = 3}, function(k, v) s = s + v "
         "end) return s",
         "6"),
    SAME("table.foreach({7, 8}, function(k, v) if k == 2 then return v end "
         "end)",
         "8"),
    SAME("table.foreachi({7, 8, x = 1}, function(k, v) if k == 2 then return "
         "v end end)",
         "8"),
    OURS("local n = 0 for w in string.gfind('a b', '%a') do n = n + 1 end "
         "return n",
         "2"), /* not built into Debian's LuaJIT */
    OURS("math.mod(7, 4)", "3"),
    SAME("math.pow(2, 10) == 1024", "true"),
    SAME("math.log10(1000) == 3", "true"),
    SAME("math.cosh(0) == 1, math.sinh(0) == 0, math.tanh(0) == 0",
         "true true true"),
    SAME("math.ldexp(0.5, 4) == 8, math.ldexp(1, 1e9) == math.huge, "
         "math.ldexp(1, -1e9) == 0",
         "true true true"),
    SAME("local m, e = math.frexp(8) return m == 0.5, e == 4", "true true"),
    SAME("package.loaders[1] ~= nil", "true"),
    OURS("package.loaders == package.searchers", "true"),

    /* environments */
    SAME("getfenv() == _G, getfenv(1) == _G, getfenv(0) == _G, "
         "getfenv(print) == _G, getfenv(function() return x end) == _G",
         "true true true true true"),
    SAME("pcall(getfenv, 50)",
         "false bad argument #1 to 'getfenv' (invalid level)"),
    SAME("pcall(getfenv, -1)",
         "false bad argument #1 to 'getfenv' (invalid level)"),
    SAME("pcall(getfenv, {})",
         "false bad argument #1 to 'getfenv' (number expected, got table)"),
    SAME("local f = function() return v end local g = function() return v end "
         "v = 1 local r = setfenv(f, {v = 2}) == f "
         "return r, f(), g(), getfenv(f).v, getfenv(g) == _G",
         "true 2 1 2 true"),
    SAME("local G = _G setfenv(1, {}) y = 5 local f = function() return y end "
         "return G.y, f(), G.getfenv(f).y",
         "nil 5 5"),
    SAME("local function inner() setfenv(2, {z = 4}) end "
         "local function outer() inner() return z end return outer()",
         "4"),
    SAME("pcall(setfenv, print, {})",
         "false 'setfenv' cannot change environment of given object"),
    SAME("pcall(setfenv, 50, {})",
         "false bad argument #1 to 'setfenv' (invalid level)"),
    SAME("(pcall(setfenv, 1))", "false"),
    SAME("(pcall(setfenv, {}, {}))", "false"),
    OURS("pcall(setfenv, 0, {})", /* a thread has no globals of its own */
         "false 'setfenv' cannot change the environment of a thread"),
    SAME("local f = setfenv(function() return 1 end, {}) return f()", "1"),
    /* what is loaded sees the globals of the code that loads it; LuaJIT's sees
     * the thread's, which lua-nginx-module makes the same */
    OURS("local f = setfenv(function() return loadstring('return w')() end, "
         "{loadstring = loadstring, w = 6}) return f()",
         "6"),
    OURS("local f = setfenv(function() return pcall(load, 'return w') end, "
         "{load = load, pcall = pcall, w = 6}) local _, g = f() return g()",
         "6"),
    OURS("load('return w', 'c', 't', {w = 7})()", "7"),
    SAME("load(function() return nil end) ~= nil", "true"),
    OURS("local n = os.tmpname() local f = io.open(n, 'w') "
         "f:write('w = w + 1 return w') f:close() "
         "local e = setmetatable({n = n, w = 6}, {__index = _G}) "
         "f = setfenv(function() return loadfile(n)(), dofile(n) end, e) "
         "local a, b = f() os.remove(n) return a, b, e.w, w",
         "7 8 8 nil"),
    /* LuaJIT: attempt to yield across C-call boundary */
    OURS("local n = os.tmpname() local f = io.open(n, 'w') "
         "f:write('return 2, coroutine.yield(1)') f:close() "
         "local co = coroutine.wrap(function() return dofile(n) end) "
         "local a, b, c = co(), co(3) os.remove(n) return a, b, c",
         "1 2 3"),
    SAME("(pcall(dofile, '/nonexistent'))", "false"),

    /* module */
    SAME("(function() module('tm.a') x1 = 1 end)() "
         "return tm.a.x1, tm.a._NAME, tm.a._PACKAGE, tm.a._M == tm.a, "
         "package.loaded['tm.a'] == tm.a, x1",
         "1 tm.a tm. true true nil"),
    SAME("(function() module('tm.b', package.seeall, function(m) m.q = 1 end) "
         "function f() return type(q) end end)() return tm.b.f()",
         "number"),
    SAME("(function() module('tm.b') r = 2 end)() return tm.b.q, tm.b.r",
         "1 2"),
    SAME("pcall(function() module('print') end)",
         "false c:1: name conflict for module 'print'"),
    SAME("pcall(module, 'tm.c')",
         "false 'module' not called from a Lua function"),
    SAME("(pcall(function() module('tm.d', 1) end))", "false"),
    SAME("(pcall(module))", "false"),
    SAME("local t = setmetatable({}, {__metatable = 1}) package.seeall(t) "
         "return t.print == print",
         "true"),
    SAME("pcall(package.seeall, 1)",
         "false bad argument #1 to 'package.seeall' (table expected, got "
         "number)"),
    SAME("package.preload['tm.e'] = function(...) module(...) v = ... end "
         "return require('tm.e').v",
         "tm.e"),

    /* newproxy */
    SAME("type(newproxy()), getmetatable(newproxy())", "userdata nil"),
    SAME("getmetatable(newproxy(false))", "nil"),
    SAME("local a = newproxy(true) local m = getmetatable(a) "
         "m.__len = function() return 9 end local b = newproxy(a) "
         "return #a, #b, getmetatable(b) == m, "
         "getmetatable(newproxy(true)) == m",
         "9 9 true false"),
    SAME("pcall(newproxy, 1)",
         "false bad argument #1 to 'newproxy' (boolean or proxy expected)"),
    SAME("pcall(newproxy, io.stdout)",
         "false bad argument #1 to 'newproxy' (boolean or proxy expected)"),

    /* jit */
    SAME("type(jit.version), jit.version_num, require('jit') == jit, "
         "require('jit.opt') == jit.opt",
         "string 20100 true true"),
    SAME("jit.on(), jit.off(), (jit.flush())", "nil nil nil"),
    SAME("jit.os", "Linux"),
    OURS("jit.status()", "false"), /* nothing is compiled */
    SAME("jit.opt.start('maxtrace=1')", ""),

    /* bit */
    SAME("bit == require 'bit'", "true"),
    SAME("bit.tobit(2^32 + 5), bit.tobit(2^31), bit.tobit(-1), "
         "bit.tobit(0xffffffff), bit.tobit(2^40 + 1), bit.tobit('0xffffffff')",
         "5 -2147483648 -1 -1 1 -1"),
    SAME("bit.tobit(1.5), bit.tobit(2.5), bit.tobit(-1.5), bit.tobit(2.4)",
         "2 2 -2 2"),
    SAME("bit.tobit(0/0)", "0"),
    OURS("bit.tobit(math.huge)", "0"), /* no bits to give */
    OURS("bit.tobit(2^53 + 2)", "2"),  /* LuaJIT: out of range, 1 */
    SAME("bit.band(0xff, 0x0f, 7), bit.bor(1, 2, 4), bit.bxor(0xff, 0xf, 1), "
         "bit.bnot(0), bit.band(-1)",
         "7 7 241 -1 -1"),
    SAME("bit.lshift(1, 31), bit.lshift(1, 32), bit.lshift(1, 33), "
         "bit.lshift(1, -1)",
         "-2147483648 1 2 -2147483648"),
    SAME("bit.rshift(-1, 1), bit.rshift(-1, 0), bit.arshift(-256, 4), "
         "bit.arshift(256, 4)",
         "2147483647 -1 -16 16"),
    SAME("bit.rol(0x12345678, 12), bit.ror(0x12345678, 12), bit.rol(5, 0), "
         "bit.ror(5, 32), bit.rol(1, 31)",
         "1164411171 1736516421 5 5 -2147483648"),
    SAME("bit.bswap(0x12345678), bit.bswap(-2)", "2018915346 -16777217"),
    SAME("bit.tohex(1), bit.tohex(-1), bit.tohex(0x1234, 2), "
         "bit.tohex(-1, -4), bit.tohex(1, 0), bit.tohex(1, 16), "
         "bit.tohex(-1, 16)",
         "00000001 ffffffff 34 FFFF  0000000000000001 00000000ffffffff"),
    SAME("#bit.tohex(1, 300), #bit.tohex(1, -2^31)", "254 254"),
    SAME("pcall(bit.band)",
         "false bad argument #1 to 'bit.band' (number expected, "
         "got no value)"),
    SAME("pcall(bit.bxor, 'a', 1)",
         "false bad argument #1 to 'bit.bxor' (number "
         "expected, got string)"),
    SAME("pcall(bit.lshift, 1)",
         "false bad argument #2 to 'bit.lshift' (number "
         "expected, got no value)"),

    /* table.* */
    SAME("require 'table.new' == table.new", "true"),
    SAME("require 'table.clear' == table.clear", "true"),
    SAME("require 'table.nkeys' == table.nkeys", "true"),
    SAME("require 'table.isarray' == table.isarray", "true"),
    SAME("require 'table.isempty' == table.isempty", "true"),
    SAME("require 'table.clone' == table.clone", "true"),
    SAME("next(table.new(3, 3)), #table.new(1.9, 0)", "nil 0"),
    SAME("type(table.new(-1, -5))", "table"),
    SAME("pcall(table.new, 0, 2^40)", "false table overflow"),
    SAME("pcall(table.new)",
         "false bad argument #1 to 'table.new' (number expected, "
         "got no value)"),
    SAME("local t = {1, 2, a = 3, [1.5] = 4} local r = select('#', "
         "table.clear(t)) return r, next(t), #t",
         "0 nil 0"),
    SAME("local t = setmetatable({1}, {__newindex = error}) table.clear(t) "
         "return next(t)",
         "nil"),
    SAME("pcall(table.clear, 1)",
         "false bad argument #1 to 'table.clear' (table "
         "expected, got number)"),
    SAME("table.nkeys{}, table.nkeys{1, nil, 3, a = 1}", "0 3"),
    SAME("table.isempty{}, table.isempty{nil}, table.isempty{1}, "
         "table.isempty{a = 1}",
         "true true false false"),
    SAME("table.isarray{}, table.isarray{1, nil, 3}, table.isarray{[0] = 1}, "
         "table.isarray{[-1] = 1}, table.isarray{[100] = 1}, "
         "table.isarray{[2^40] = 1}",
         "true true true true true true"),
    SAME("table.isarray{[1.5] = 1}, table.isarray{a = 1}, "
         "table.isarray{1, [true] = 1}",
         "false false false"),
    SAME("pcall(table.isarray, nil)",
         "false bad argument #1 to 'table.isarray' (table "
         "expected, got nil)"),
    SAME("local x = {} local c = table.clone(setmetatable({1, a = x}, "
         "{__index = {z = 1}})) return c[1], c.a == x, c.z, getmetatable(c)",
         "1 true nil nil"),
};

/* LuaCoNumbers luajit. */
static const test_case numbers[] = {
    SAME("60 / 2, 2^53, 2^63, 1e14, 1e13, 1e100, 0.1, -1.5, 100.0, 1e15, 3 / 3",
         "30 9.007199254741e+15 9.2233720368548e+18 1e+14 10000000000000 "
         "1e+100 0.1 -1.5 100 1e+15 1"),
    SAME("0/0, -(0/0), 1/0, -1/0, 0.0, 12345678901234, -99999999999999.0, "
         "99999999999999.5",
         "nan nan inf -inf 0 12345678901234 -99999999999999 1e+14"),
    SAME("local z = 0.0 return -z", "-0"),
    OURS("9007199254740993, -9223372036854775807 - 1", /* integers in full */
         "9007199254740993 -9223372036854775808"),
    SAME("tostring(nil), tostring(true), tostring('x'), tostring(1)",
         "nil true x 1"),
    SAME("tostring(setmetatable({}, {__tostring = function() return 'T' end}))",
         "T"),
    SAME("type(tostring(setmetatable({}, {__tostring = function() return {} "
         "end})))",
         "table"),
    SAME("local co = coroutine.wrap(function() return tostring("
         "setmetatable({}, {__tostring = function() return "
         "coroutine.yield(1) end})) end) return co(), co('x')",
         "1 x"),
    SAME("(tostring({}):gsub('0x%x+', 'P'))", "table: P"),
    SAME("pcall(tostring)",
         "false bad argument #1 to 'tostring' (value expected)"),
    SAME("type(tostring(5 / 2))", "string"),

    SAME("table.concat({1, 2.5, 3.0, 1/0, 'x', 60 / 2}, ',')",
         "1,2.5,3,inf,x,30"),
    SAME("table.concat({1, 2}, 2.0)", "122"),
    SAME("table.concat({})", ""),
    SAME("table.concat({1, 2, 3}, ',', 2)", "2,3"),
    SAME("table.concat({1, 2, 3}, ',', 1.9, 2.9)", "1,2"),
    SAME("table.concat({1, 2, 3}, ',', 3, 2)", ""),
    SAME("table.concat({'a', 'b'}, nil, nil, nil)", "ab"),
    SAME("pcall(table.concat, {1, {}}, ',')",
         "false invalid value (table) at index 2 in table for 'concat'"),
    SAME("pcall(table.concat, {1, 2}, ',', 1, 3)",
         "false invalid value (nil) at index 3 in table for 'concat'"),
    SAME("pcall(table.concat, 1)",
         "false bad argument #1 to 'table.concat' (table "
         "expected, got number)"),
    OURS("table.concat({}, '', math.maxinteger, math.maxinteger - 1)", ""),
    OURS("table.concat({[math.maxinteger] = 'x'}, '', math.maxinteger, "
         "math.maxinteger)",
         "x"),
    OURS("table.concat(setmetatable({}, {__len = function() return 2 end, "
         "__index = function(t, k) return k * 2.0 end}), ' ')",
         "2 4"), /* LuaJIT looks at the bare table */
    SAME("local t = {} for i = 1, 3000 do t[i] = i / 2 end "
         "local s = table.concat(t, '') return #s, s:sub(1, 12), s:sub(-6)",
         "12783 0.511.522.53 .51500"),

    SAME("string.format('%d %x %c %5.1f %s %i %o', 3.9, 255.9, 65.9, 2.5, "
         "5.0, -3.9, 8.5)",
         "3 ff A   2.5 5 -3 10"),
    SAME("string.format('%d', '3.9')", "3"),
    SAME("string.format('%d %x', 2^63, 2^63)",
         "-9223372036854775808 8000000000000000"),
    SAME("string.format('%d', 2^64), string.format('%d', 0/0)",
         "-9223372036854775808 -9223372036854775808"),
    SAME("string.format('%x', -1)", "ffffffffffffffff"),
    SAME("string.format('%5s|%-5s|%.2s|%s', 2.0, 2.0, 12.5, 0/0)",
         "    2|2    |12|nan"),
    SAME("string.format('%%%d%%', 1.5), string.format('%5.2f%%', 1)",
         "%1%  1.00%"),
    SAME("string.format('%g %e', 0.5, 1.5)", "0.5 1.500000e+00"),
    SAME("string.format(1.5)", "1.5"),
    SAME("(pcall(string.format, '%d', 'x'))", "false"),
    SAME("(pcall(string.format, '%d'))", "false"),
    SAME("(pcall(string.format, '%'))", "false"),
    SAME("(pcall(string.format, '%', 1.5))", "false"),
    SAME("(pcall(string.format, '%y', 1.5))", "false"),
    SAME("(pcall(string.format))", "false"),
    SAME("string.format('%s', setmetatable({}, {__tostring = function() "
         "return 'T' end}))",
         "T"),

    SAME("('hello'):sub(2.7), ('hello'):sub('2.7', 3.5), ('hello'):sub(-1.9)",
         "ello el o"),
    OURS("('hello'):sub(1, math.huge)", "hello"), /* LuaJIT: nothing at all */
    OURS("('hello'):sub(1, 2^63), ('hello'):sub(-1e300, 2)", "hello he"),
    SAME("('hello'):sub(-math.huge, 3), ('hello'):sub(0/0, 2)", "hel he"),
    SAME("('x'):rep(60 / 20), ('x'):rep(2.9)", "xxx xx"),
    SAME("string.rep('x', 2.9), string.rep(60 / 2, 2), "
         "string.rep('x', 2, 1.5)",
         "xx 3030 x1.5x"),
    SAME("string.char(65.9, 66.2), string.byte('abc', 2.9), "
         "string.byte('abc', 1, 2.9)",
         "AB 98 97 98"),
    SAME("('abcabc'):find('a', 2.9), (string.find(25.0, '5'))", "4 2"),
    SAME("('abcabc'):find('a', 2.9, true)", "4 4"),
    SAME("('abcabc'):match('%a', 2.9)", "b"),
    SAME("('aaa'):gsub('a', 'b', 2.9)", "bba 2"),
    SAME("('a'):gsub('a', 5.0)", "5 1"),
    SAME("('a1b2'):gsub('%d', function(d) return d * 2.0 end)", "a2b4 2"),
    SAME("('a1b2'):gsub('(%a)(%d)', function(a, d) return d / 2 end)",
         "0.51 2"),
    SAME("('a1b2'):gsub('(%d)', {['1'] = 3.0})", "a3b2 2"),
    SAME("('a1b2'):gsub('%d', setmetatable({}, {__index = function(t, k) "
         "return k / 1 end}), 1.5)",
         "a1b2 1"),
    SAME("('ab'):gsub('%a', function() return nil end)", "ab 2"),
    SAME("('ab'):gsub('%a', function() return false end)", "ab 2"),
    SAME("pcall(string.gsub, 'a', 'a', function() return {} end)",
         "false invalid replacement value (a table)"),
    SAME("pcall(string.gsub, 'a', 'a', function() error('x', 0) end)",
         "false x"),
    SAME("(pcall(string.gsub, 'a', 'a', nil))", "false"),
    SAME("(pcall(string.gsub, 'a', 'a'))", "false"),
    SAME("string.len(60 / 2), string.upper(1.0), string.lower(1.0), "
         "string.reverse(12.0)",
         "2 1 1 21"),
    SAME("select(1.9, 'a', 'b')", "a b"),
    SAME("select(-1.9, 'a', 'b')", "b"),
    SAME("select('#', 1.5, 2.5)", "2"),
    SAME("select(2, 1.5, 2.5)", "2.5"),
    SAME("unpack({1, 2, 3}, 1.9, 2.9)", "1 2"),
    OURS("table.unpack({1, 2, 3}, 1.9, 2.9)", "1 2"),
    SAME("local t = {1, 2, 3} table.insert(t, 2.9, 'x') "
         "return table.concat(t, ',')",
         "1,x,2,3"),
    SAME("local t = {} table.insert(t, 2.9) return t[1]", "2.9"),
    SAME("local t = {1, 2, 3} return table.remove(t, 2.9), #t", "2 2"),
    OURS("table.concat(table.move({1, 2, 3}, 1.5, 2.5, 3.5), ',')", "1,2,1,2"),
    SAME("local r = math.random(2.9, 2.9) return r == 2 or r == 2.9", "true"),
    SAME("math.random(1.5) <= 2", "true"),
    SAME("os.date('!%S', 5.9)", "05"),
    SAME("os.time{year = 2020.9, month = 1.2, day = 1.5, hour = 12} == "
         "os.time{year = 2020, month = 1, day = 1, hour = 12}",
         "true"),
    SAME("type(os.time())", "number"),
    SAME("tonumber('10.0'), tonumber('1e3'), tonumber('ff', 16), "
         "tonumber('x'), tonumber(' 0x10 '), tonumber(30.0)",
         "10 1000 255 nil 16 30"),
    SAME("math.ldexp(0.5, 4.9)", "8"),
    SAME("(math.mod or math.fmod)(7, 4.5)", "2.5"),

    /* whole results are integers, so that .. writes them as LuaJIT does */
    SAME("tonumber('10.0') .. '', tonumber('1e3') .. '', tonumber(60 / 2) .. "
         "'', tonumber('2.5') .. ''",
         "10 1000 30 2.5"),
    SAME("math.sqrt(16) .. '', math.pow(2, 10) .. '', math.max(60 / 2, 1) .. "
         "'', math.abs(-3.0) .. '', math.ldexp(0.5, 4) .. ''",
         "4 1024 30 3 8"),
    SAME("math.modf(3.7) .. '', math.fmod(7.0, 4) .. '', math.log(8, 2) .. "
         "'', math.log10(1000) .. '', math.floor(2.5) .. ''",
         "3 3 3 3 2"),
    SAME("os.difftime(5, 3) .. ''", "2"),
    OURS("math.modf(-1/0)", "-inf 0"), /* LuaJIT: -0 */
    SAME("math.sqrt(2) > 1.414", "true"),
    OURS("math.pow(2, 53) .. '', math.pow(2, 54) .. ''",
         "9007199254740992 1.8014398509482e+16"),
    SAME("pcall(string.rep)",
         "false bad argument #1 to 'string.rep' (string expected, "
         "got no value)"),
    OURS("pcall(load)", "false bad argument #1 to 'load' (function expected, "
                        "got no value)"),
};

/* LuaCoNumbers lua: nothing is touched. */
static const test_case plain[] = {
    OURS("60 / 2, table.concat({1.0}), string.format('%s', 2.0)",
         "30.0 1.0 2.0"),
    OURS("(pcall(string.sub, 'hello', 1.5))", "false"),
    OURS("math.type(math.pow(2, 2)), math.type(tonumber('1.0'))",
         "float float"),
};

/* Runs C and writes its results, each by tostring, between blanks. */
static int run_case(lua_State *L)
{
    const test_case *c = lua_touserdata(L, 1);
    int top, i;

    lua_settop(L, 0);
    lua_pushfstring(L, "return %s", c->code);
    if (luaL_loadbuffer(L, lua_tostring(L, 1), lua_rawlen(L, 1), "=c") !=
        LUA_OK) {
        lua_settop(L, 1);
        if (luaL_loadbuffer(L, c->code, strlen(c->code), "=c") != LUA_OK) {
            return lua_error(L);
        }
    }
    lua_call(L, 0, LUA_MULTRET);
    top = lua_gettop(L);
    lua_pushliteral(L, "");
    for (i = 2; i <= top; i++) {
        if (i > 2) {
            lua_pushliteral(L, " ");
            lua_concat(L, 2);
        }
        lua_getglobal(L, "tostring");
        lua_pushvalue(L, i);
        lua_call(L, 1, 1);
        lua_concat(L, 2);
    }
    return 1;
}

static int open_all(lua_State *L)
{
    int numbers_too = lua_toboolean(L, 1);

    luaL_openlibs(L);
    lx_open_compat(L, numbers_too);
    return 0;
}

static lua_State *new_state(int numbers_too)
{
    lua_State *L = luaL_newstate();

    lua_pushcfunction(L, open_all);
    lua_pushboolean(L, numbers_too);
    if (lua_pcall(L, 1, 0, 0) != LUA_OK) {
        printf("Bail out! %s\n", lua_tostring(L, -1));
        exit(1);
    }
    return L;
}

static void run_cases(const char *what, lua_State *L, const test_case *cases,
                      size_t n)
{
    size_t i;

    for (i = 0; i < n; i++) {
        char name[1000];

        snprintf(name, sizeof(name), "%s: %s", what, cases[i].code);
        lua_settop(L, 0);
        lua_pushcfunction(L, run_case);
        lua_pushlightuserdata(L, (void *) &cases[i]);
        (void) lua_pcall(L, 1, 1, 0);
        is_str(lua_tostring(L, -1), cases[i].expected, name);
    }
}

/* ---- out of memory ---- */

typedef struct budget {
    long left; /* allocations until one fails; negative: none does */
} budget;

static void *budget_alloc(void *ud, void *ptr, size_t osize, size_t nsize)
{
    budget *b = ud;

    (void) osize;
    if (nsize == 0) {
        free(ptr);
        return NULL;
    }
    if (b->left >= 0 && (!ptr || nsize > osize)) {
        if (b->left == 0) {
            return NULL;
        }
        b->left--;
    }
    return realloc(ptr, nsize);
}

static int open_standard(lua_State *L)
{
    luaL_openlibs(L);
    return 0;
}

static int open_ours(lua_State *L)
{
    lx_open_compat(L, 1);
    return 0;
}

/* An allocator that fails at the n-th call, for every n. */
static void run_without_memory(void)
{
    int status = LUA_ERRMEM;
    int clean = 1;
    long n;

    for (n = 0; status != LUA_OK && n < 10000; n++) {
        budget b = {-1};
        lua_State *L = lua_newstate(budget_alloc, &b);

        lua_pushcfunction(L, open_standard);
        (void) lua_pcall(L, 0, 0, 0);
        lua_pushcfunction(L, open_ours);
        b.left = n;
        status = lua_pcall(L, 0, 0, 0);
        b.left = -1;
        if (status != LUA_OK &&
            strcmp(lua_tostring(L, -1), "not enough memory") != 0) {
            clean = 0;
        }
        lua_close(L);
    }
    ok(clean && status == LUA_OK && n > 50,
       "each of %ld allocations may fail while the names are made", n);
}

#define COUNT(cases) (sizeof(cases) / sizeof((cases)[0]))

int main(void)
{
    lua_State *L = new_state(1);

    run_cases("luajit", L, names, COUNT(names));
    run_cases("luajit", L, numbers, COUNT(numbers));
    is_int(lua_gettop(L), 1, "the stack is as it was");
    lua_close(L);

    L = new_state(0);
    run_cases("lua", L, names, COUNT(names));
    run_cases("lua", L, plain, COUNT(plain));
    lua_close(L);

    run_without_memory();
    return tap_done();
}

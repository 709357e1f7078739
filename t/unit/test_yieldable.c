/* lx/gsub, lx/sort, lx/base: the same as Lua's own functions, and yields and
 * errors in what they call. */
#include "lx/compat.h"

#include <lualib.h>

#include "tap.h"

/* Each chunk returns what it came to as one string. */
typedef struct yield_case {
    const char *name, *code, *expected;
} yield_case;

/* Run before each case: the states own gsub and sort are `native`. */
static const char prelude[] =
    "local x = 42\n"
    "function rnd(m) x = x * 16807 % 2147483647 return x % m end\n"
    "function show(...)\n"
    "  local t = {}\n"
    "  for i = 1, select('#', ...) do t[i] = tostring((select(i, ...))) end\n"
    "  return table.concat(t, ' ')\n"
    "end\n"
    /* runs f in a coroutine that yields numbers; gives their count, results */
    "function drive(f, ...)\n"
    "  local co, n = coroutine.create(f), -1\n"
    "  local r = table.pack(coroutine.resume(co, ...))\n"
    "  n = n + 1\n"
    "  while coroutine.status(co) ~= 'dead' do\n"
    "    r = table.pack(coroutine.resume(co, n))\n"
    "    n = n + 1\n"
    "  end\n"
    "  return show(n, table.unpack(r, 1, r.n))\n"
    "end\n"
    "yield = coroutine.yield\n";

static const yield_case cases[] = {
    {"gsub as Lua's own",
     "local subjects = {'', 'a', 'hello world', 'aaa', '\\0a\\0', 'THE (quick) "
     "fox', 'a,b,,c', ('ab'):rep(50)}\n"
     "local patterns = {'', 'a', '.', '^a', '^', '$', 'a*', 'a-', 'l+', "
     "'(a)(b)', '()', '()a()', '%w+', '%f[%w]%w+', '%f[^%w]',\n"
     "  '%b()', '(%w)%1', '[^,]*', ',?', '^(.)', '.-$', 'x?', '%z', "
     "'(h)(.)(%2)', 'o', '.*', '^.*$', '(.)(.)'}\n"
     "for _, s in ipairs(subjects) do for _, p in ipairs(patterns) do for _, "
     "max in ipairs{false, 0, 1, 2, -1} do\n"
     "  local function run(gsub)\n"
     "    local calls = {}\n"
     "    local r, n = gsub(s, p, function(...)\n"
     "      calls[#calls + 1] = show(...)\n"
     "      local k = #calls % 5\n"
     "      return k == 1 and '<' .. #calls .. '>' or k == 2 and 7 or k == 3 "
     "and '' or nil\n"
     "    end, max or nil)\n"
     "    return show(r, n, table.concat(calls, '|'))\n"
     "  end\n"
     "  local a, b = run(string.gsub), run(native.gsub)\n"
     "  if a ~= b then return show(s, p, max, '\\n', a, '\\n', b) end\n"
     "  local t = setmetatable({a = 'X', h = false, l = 1}, {__index = "
     "function(_, k) return k == 'o' and 'O' or nil end})\n"
     "  a, b = show(string.gsub(s, p, t, max or nil)), show(native.gsub(s, p, "
     "t, max or nil))\n"
     "  if a ~= b then return show(s, p, max, '\\n', a, '\\n', b) end\n"
     "end end end return 'same'",
     "same"},
    {"gsub of random strings",
     "local letters = {'a', 'b', 'c', '.', '*', '-', '+', '?', '(', ')', '%', "
     "'[', ']', '^', '$', '1', 'w', 'f'}\n"
     "local errors, good = 0, 0\n"
     "for i = 1, 4000 do\n"
     "  local p, s = {}, {}\n"
     "  for j = 1, rnd(7) do p[j] = letters[rnd(#letters) + 1] end\n"
     "  for j = 1, rnd(12) do s[j] = letters[rnd(4) + 1] end\n"
     "  p, s = table.concat(p), table.concat(s)\n"
     "  local function f(a, b) return b or a and #tostring(a) > 1 and a or '_' "
     "end\n"
     "  local function run(gsub) return show(pcall(function() return gsub(s, "
     "p, f) end)) end\n"
     "  local a, b = run(string.gsub), run(native.gsub)\n"
     "  if a ~= b then return show(s, p, '\\n', a, '\\n', b) end\n"
     "  if a:find('^true') then good = good + 1 else errors = errors + 1 end\n"
     "end return show(errors > 500, good > 1000)",
     "true true"},
    {"gsub: arguments",
     "local function f() end\n"
     "local r = {}\n"
     "for _, a in ipairs{{}, {'a'}, {'a', 'b'}, {'a', 'b', nil}, {'a', 'b', "
     "true}, {nil, 'b', f}, {'a', nil, f}, {{}, 'b', f},\n"
     "  {'a', 'b', f, 'x'}, {12, 1, f}, {'a', 'b', 3}, {'a', 'a', 'x%2'}, "
     "{'a', 'a', {}}, {'a', '%', f}, {'a', '(', {}}} do\n"
     "  local x = show(pcall(function() return string.gsub(a[1], a[2], a[3], "
     "a[4]) end))\n"
     "  local y = show(pcall(function() return native.gsub(a[1], a[2], a[3], "
     "a[4]) end))\n"
     "  if x:gsub(':%d+:', '') ~= y:gsub(':%d+:', '') then return x .. '\\n' "
     ".. y end\n"
     "end return 'same'",
     "same"},
    {"gsub: yields",
     "return drive(function() return ('a-b-c'):gsub('%a', function(c) return "
     "yield() .. c end) end)",
     "3 true 0a-1b-2c 3"},
    {"gsub: yields in __index, of a table's table",
     "local t = setmetatable({}, {__index = setmetatable({b = 'B'}, {__index = "
     "function(_, k) return yield() .. k end})})\n"
     "return drive(function() return ('a-b-c'):gsub('%a', t) end)",
     "2 true 0a-B-1c 3"},
    {"gsub: yields at an anchor, in empty matches, nested",
     "return drive(function() return (('ab'):gsub('^', function() return "
     "yield() end)), (('ab'):gsub('', function() return yield() end)),\n"
     "  (('x'):gsub('x', function() return (('yz'):gsub('.', function(c) "
     "return c .. yield() end)) end)) end)",
     "6 true 0ab 1a2b3 y4z5"},
    {"gsub: an error after a yield",
     "return drive(function() return pcall(string.gsub, 'ab', '.', function(c) "
     "yield() if c == 'b' then error('on purpose', 0) end end) end)",
     "2 true false on purpose"},
    {"gsub: a bad value after a yield",
     "local r = drive(function() return pcall(function() return "
     "(('ab'):gsub('.', function() yield() return {} end)) end) end) return "
     "(r:gsub('%[string.-%]:%d+: ', ''))",
     "1 true false invalid replacement value (a table)"},
    {"gsub: long results",
     "local s = ('x'):rep(1000)\n"
     "return drive(function() local r, n = s:gsub('.', function(c) if n == 5 "
     "then yield() end return c:rep(300) end) return #r, n end)",
     "0 true 300000 1000"},
    {"gsub: what it holds is collected",
     "local co = coroutine.wrap(function() local r = ('abc'):gsub('.', "
     "function() yield() end) end) co() co = nil collectgarbage() "
     "collectgarbage() return 'ok'",
     "ok"},
    {"gsub: memory moves at each step",
     "local s = ('ab'):rep(50)\n"
     "return drive(function() return #s:gsub('(a)(b)', function(a, b) "
     "collectgarbage() yield() return b:rep(20) .. a end) end)",
     "50 true 1050"},

    {"sort as Lua's own",
     "local function same(n, range, less)\n"
     "  local a, b = {}, {}\n"
     "  for i = 1, n do a[i] = rnd(range) b[i] = a[i] end\n"
     "  table.sort(a, less) native.sort(b, less)\n"
     "  for i = 1, n do if a[i] ~= b[i] then return false end end\n"
     "  return #a == n\n"
     "end\n"
     "for n = 0, 70 do for _, range in ipairs{1, 3, 1000} do\n"
     "  if not same(n, range, function(a, b) return a < b end) then return "
     "'less ' .. n end\n"
     "  if not same(n, range, function(a, b) return a > b end) then return "
     "'more ' .. n end\n"
     "  if not same(n, range) then return 'none ' .. n end\n"
     "end end return show(same(5000, 10000, function(a, b) return a < b end))",
     "true"},
    {"sort: equal ones stay in their order",
     "local t = {}\n"
     "for i = 1, 100 do t[i] = {i % 7, i} end\n"
     "table.sort(t, function(a, b) return a[1] < b[1] end)\n"
     "for i = 2, 100 do if t[i][1] < t[i - 1][1] or t[i][1] == t[i - 1][1] and "
     "t[i][2] < t[i - 1][2] then return i end end return 'stable'",
     "stable"},
    {"sort: yields",
     "local t = {5, 3, 8, 1, 9, 2, 7}\n"
     "local r = drive(function() table.sort(t, function(a, b) yield() return a "
     "< b end) end)\n"
     "return r:gsub('^%d+ ', '') .. ' ' .. table.concat(t, ' ')",
     "true 1 2 3 5 7 8 9"},
    {"sort: yields in __lt",
     "local mt = {__lt = function(a, b) yield() return a.v < b.v end}\n"
     "local t = {}\n"
     "for i, v in ipairs{3, 1, 2} do t[i] = setmetatable({v = v}, mt) end\n"
     "local r = drive(function() table.sort(t) end)\n"
     "return r:gsub('^%d+ ', '') .. ' ' .. t[1].v .. t[2].v .. t[3].v",
     "true 123"},
    {"sort: an error after a yield leaves the table",
     "local t, n = {3, 1, 2, 5, 4}, 0\n"
     "local r = drive(function() return pcall(table.sort, t, function(a, b) "
     "yield() n = n + 1 if n == 4 then error('on purpose', 0) end return a < b "
     "end) end)\n"
     "return r .. ' ' .. table.concat(t, ' ')",
     "4 true false on purpose 3 1 2 5 4"},
    {"sort: functions that make no sense",
     "for _, f in ipairs{function() return true end, function() return false "
     "end, function() return rnd(2) == 1 end} do\n"
     "  local t = {}\n"
     "  for i = 1, 200 do t[i] = i end\n"
     "  table.sort(t, f)\n"
     "  local seen = {}\n"
     "  for i = 1, 200 do seen[t[i]] = true end\n"
     "  if #seen ~= 200 then return 'lost' end\n"
     "end return 'kept'",
     "kept"},
    {"sort: arguments",
     "local r = {}\n"
     "for _, a in ipairs{{}, {1}, {{}, 1}, {{1}, 1}, {{1, 2}, 1}, {{1, 'x'}}, "
     "{{1, {}}}, {{{}, {}}}, {{{}, 1}}, {{2, 1}, nil}, {{nil, 1}, nil}, {'x', "
     "print}} do\n"
     "  local x = show(pcall(function() return table.sort(a[1], a[2]) end))\n"
     "  local y = show(pcall(function() return native.sort(a[1], a[2]) end))\n"
     "  if x:gsub(':%d+:', '') ~= y:gsub(':%d+:', '') then return x .. '\\n' "
     ".. y end\n"
     "end return 'same'",
     "same"},
    {"sort: a table that computes its elements",
     "local data = {3, 1, 2}\n"
     "local t = setmetatable({}, {__index = data, __newindex = function(_, k, "
     "v) data[k] = v end, __len = function() return 3 end})\n"
     "table.sort(t, function(a, b) return a < b end) return table.concat(data, "
     "' ')",
     "1 2 3"},
    {"sort: too big",
     "return (show(pcall(table.sort, setmetatable({}, {__len = function() "
     "return math.maxinteger end}), function() end)):gsub('^.-%(', '('))",
     "(array too big)"},

    {"tostring: yields",
     "return drive(function() return tostring(setmetatable({}, {__tostring = "
     "function() return 'after ' .. yield() end})) end)",
     "1 true after 0"},
    {"pairs: yields",
     "return drive(function() local t = {} for k, v in pairs(setmetatable({}, "
     "{__pairs = function(t) yield() return next, {a = 1}, nil end})) do t[#t "
     "+ 1] = k .. v end return t[1] end)",
     "1 true a1"},
    {"pairs: arguments",
     "return show(pcall(pairs)) .. ' ' .. show((select(4, pcall(pairs, 1)))) "
     ".. ' ' .. show(select('#', pairs({})))",
     "false bad argument #1 to 'pairs' (value expected) nil 3"},

    {"load: a reader yields",
     "local parts = {'return ', '1', ' + ', '...'}\n"
     "local i = 0\n"
     "return drive(function() return load(function() yield() i = i + 1 return "
     "parts[i] end)(41) end)",
     "5 true 42"},
    {"load: how a reader ends",
     "local function read(...) local t, i = {...}, 0 return function() i = i + "
     "1 return t[i] end end\n"
     "return show(load(read('return 1'))(), load(read('return 2', '', 'x'))(), "
     "load(read())(), load(read('return ', 3))())",
     "1 2 nil 3"},
    {"load: a reader's faults",
     "return show(load(function() return {} end)) .. '; ' .. "
     "show(load(function() error('on purpose', 0) end)) .. '; '\n"
     ".. show(drive(function() return load(function() yield() error('later', "
     "0) end) end)) .. '; ' .. show(pcall(load)) .. '; ' .. show(pcall(load, "
     "{}))",
     "nil reader function must return a string; nil on purpose; 1 true nil "
     "later; false bad argument #1 to 'load' (function expected, got no "
     "value); false bad argument #1 to 'load' (function expected, got table)"},
    {"load: name, mode and environment",
     "local function read(s) return function() local r = s s = nil return r "
     "end end\n"
     "return show(load(read('x x'), '=name')) .. '; ' .. show((select(2, "
     "load(read('x x'))))) .. '; ' .. show(load(read('return w'), 'n', 't', {w "
     "= 7})()) .. '; '\n"
     ".. show(load(read('return 1'), 'n', 'b')) .. '; ' .. "
     "show(pcall(load(read('return w'), 'n', 't', nil)))",
     "nil name:1: syntax error near 'x'; (load):1: syntax error near 'x'; 7; "
     "nil attempt to load a text chunk (mode is 'b'); false [string \"n\"]:1: "
     "attempt to index a nil value (upvalue '_ENV')"},
    {"load: a binary chunk of a reader",
     "local s = string.dump(function() return 5 end)\n"
     "local i = 0\n"
     "return show(load(function() i = i + 1 return i <= #s and s:sub(i, i) or "
     "nil end)())",
     "5"},
    {"load: a long text",
     "local n = 0 return show(load(function() n = n + 1 return n == 1 and "
     "'return 0' or n < 5000 and ' + 1' or nil end)())",
     "4998"},

    {"require: a module yields",
     "package.preload['y.a'] = function(name, extra) local got = yield() "
     "return {got = got, name = name} end\n"
     "return drive(function() local m = require 'y.a' return m.got, m.name, "
     "require 'y.a' == m, package.loaded['y.a'] == m end)",
     "1 true 0 y.a true true"},
    {"require: a searcher yields",
     "table.insert(package.searchers, 2, function(name) yield() if name == "
     "'y.b' then return function(n, x) return n .. x end, '!' end return "
     "'\\n\\tnot mine' end)\n"
     "local r = drive(function() return require 'y.b', pcall(require, 'y.c') "
     "end)\n"
     "table.remove(package.searchers, 2)\n"
     "return (r:match('^.-not mine'):gsub('%s+', ' '))",
     "2 true y.b! false module 'y.c' not found: no field "
     "package.preload['y.c'] not mine"},
    {"require: what modules return",
     "package.preload['y.d'] = function() end\n"
     "package.preload['y.e'] = function() return false end\n"
     "package.preload['y.f'] = function(n) package.loaded[n] = 'self' end\n"
     "return show(require 'y.d', package.loaded['y.d'], require 'y.e', require "
     "'y.f')",
     "true true false self"},
    {"require: errors",
     "package.preload['y.g'] = function() yield() error('in the module', 0) "
     "end\n"
     "local r = drive(function() return pcall(require, 'y.g') end) .. '; ' .. "
     "show(package.loaded['y.g']) .. '; ' .. show(pcall(require)) .. '; '\n"
     "local ok, e = pcall(function() require 'y.none' end)\n"
     "r = r .. e:match(\"module 'y.none' not found:\\n\\tno field "
     "package.preload%['y.none'%]\\n\\tno file\")\n"
     "local kept = package.searchers\n"
     "package.searchers = nil\n"
     "r = r .. '; ' .. show(pcall(require, 'y.x'))\n"
     "package.searchers = kept\n"
     "return r",
     "1 true false in the module; nil; false bad argument #1 to 'require' "
     "(string expected, got no value); module 'y.none' not found:\n"
     "\tno field package.preload['y.none']\n\tno file; false "
     "'package.searchers' must be a table"},
    {"dofile: yields",
     "local n = os.tmpname() local f = io.open(n, 'w') f:write('return "
     "yield(), ...') f:close()\n"
     "local r = drive(function() return dofile(n) end) os.remove(n) return r",
     "1 true 0"},
    {"all at once, in a coroutine in a coroutine",
     "package.preload['y.h'] = function() local t = {3, 2, 1} table.sort(t, "
     "function(a, b) return (('x'):gsub('x', function() return yield() end)) "
     "and a < b end) return t end\n"
     "return drive(function() local co = coroutine.wrap(function() return "
     "require 'y.h' end) local t repeat t = co(1) until t return "
     "table.concat(t) end)",
     "0 true 123"},
};

static int open_state(lua_State *L)
{
    luaL_openlibs(L);
    lua_newtable(L);
    lua_getglobal(L, "string");
    lua_getfield(L, -1, "gsub");
    lua_setfield(L, -3, "gsub");
    lua_getglobal(L, "table");
    lua_getfield(L, -1, "sort");
    lua_setfield(L, -4, "sort");
    lua_settop(L, 2);
    lua_setglobal(L, "native");
    lx_open_compat(L, lua_toboolean(L, 1));
    return 0;
}

static void run(int luajit)
{
    lua_State *L = luaL_newstate();
    size_t i;

    lua_pushcfunction(L, open_state);
    lua_pushboolean(L, luajit);
    if (lua_pcall(L, 1, 0, 0) || luaL_dostring(L, prelude)) {
        ok(0, "the state opens: %s", lua_tostring(L, -1));
    }
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char name[100];

        snprintf(name, sizeof(name), "%s: %s", luajit ? "luajit" : "lua",
                 cases[i].name);
        (void) luaL_dostring(L, cases[i].code);
        is_str(lua_tostring(L, -1), cases[i].expected, name);
        lua_settop(L, 0);
    }
    lua_close(L);
}

int main(void)
{
    run(1);
    run(0);
    return done_testing();
}

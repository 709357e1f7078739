/* lx/gsub: the same as Lua's own string.gsub, with a function that yields at
 * each match.  An input is "PATTERN\nSUBJECT"; both are short, since Lua's
 * patterns can take long. */
#include "lx/compat.h"

#include <lualib.h>

#include "fuzz.h"

enum {
    MAX_PATTERN = 16,
    MAX_SUBJECT = 40
};

/* Returns what both came to, as strings that are to be equal. */
static const char code[] =
    "local own, ours = native, string.gsub\n"
    "local function value(n, c)\n"
    "  return n % 3 == 0 and '<' .. tostring(c) .. '>' or n % 3 == 1 and n or "
    "nil\n"
    "end\n"
    "local function tell(calls, ok, r, n)\n"
    "  return tostring(ok) .. ' ' .. tostring(r):gsub('^[^\\n]-:%d+: ', '') .. "
    "' ' .. tostring(n) .. ' ' .. table.concat(calls, '|')\n"
    "end\n"
    "return function(p, s)\n"
    "  local a, b = {}, {}\n"
    "  local function note(t, ...)\n"
    "    local v = {...}\n"
    "    for i = 1, #v do v[i] = tostring(v[i]) end\n"
    "    t[#t + 1] = table.concat(v, ',')\n"
    "    return value(#t, (...))\n"
    "  end\n"
    "  local x = tell(a, pcall(function() return own(s, p, function(...) "
    "return note(a, ...) end) end))\n"
    "  local co = coroutine.wrap(function()\n"
    "    return tell(b, pcall(function() return ours(s, p, function(...) "
    "coroutine.yield() return note(b, ...) end) end))\n"
    "  end)\n"
    "  local y repeat y = co() until y\n"
    "  return x, y\n"
    "end\n";

static lua_State *new_state(void)
{
    lua_State *L = luaL_newstate();

    luaL_openlibs(L);
    lua_getglobal(L, "string");
    lua_getfield(L, -1, "gsub");
    lua_setglobal(L, "native");
    lua_settop(L, 0);
    lx_open_compat(L, 0);
    if (luaL_dostring(L, code)) {
        fprintf(stderr, "%s\n", lua_tostring(L, -1));
        abort();
    }
    return L; /* the function is at index 1 */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static lua_State *L;
    const char *text = (const char *) data;
    const char *line = size ? memchr(text, '\n', size) : NULL;
    size_t pattern = line ? (size_t) (line - text) : size;
    size_t subject = line ? size - pattern - 1 : 0;

    if (!L) {
        L = new_state();
    }
    if (pattern > MAX_PATTERN || subject > MAX_SUBJECT) {
        return 0;
    }
    lua_pushvalue(L, 1);
    lua_pushlstring(L, text, pattern);
    lua_pushlstring(L, line ? line + 1 : "", subject);
    FUZZ_ASSERT(lua_pcall(L, 2, 2, 0) == LUA_OK);
    if (!lua_rawequal(L, -1, -2)) {
        fprintf(stderr, "%s\n%s\n", lua_tostring(L, -2), lua_tostring(L, -1));
        FUZZ_ASSERT(0);
    }
    lua_settop(L, 1);
    return 0;
}

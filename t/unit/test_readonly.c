/* Which code may run again with the environment of its last run: what
 * lx_only_reads_globals() says of it, and what marks an environment. */
#include <assert.h>
#include <lualib.h>
#include <stdint.h>

#include "lx/compat.h"
#include "lx/lx.h"

#include "tap.h"

/* Only the compiled form of Lua 5.3 is known. */
#define KNOWN (LUA_VERSION_NUM == 503)

static int load(lua_State *L)
{
    const char *text = lua_touserdata(L, 1);

    lua_settop(L, 0);
    if (lx_load_factory(L, text, strlen(text), "=code") != LUA_OK) {
        return lua_error(L);
    }
    return 1;
}

static void code(lua_State *L, const char *text, int want)
{
    lua_settop(L, 0);
    lua_pushcfunction(L, load);
    lua_pushlightuserdata(L, (void *) (uintptr_t) text);
    if (lua_pcall(L, 1, 1, 0) != LUA_OK) {
        tap_ok(0, lua_tostring(L, -1));
        return;
    }
    ok(lx_only_reads_globals(L) == (want && KNOWN), "%s: %s",
       want ? "only reads" : "does more", text);
    tap_ok(lua_gettop(L) == 1, "leaves the stack alone");
}

static void test_code(lua_State *L)
{
    char big[40000] = "local t = {";
    size_t n = strlen(big);
    int i;

    code(L, "", 1);
    code(L, "return 1 + 1", 1);
    code(L, "ngx.say('hello')", 1);
    code(L, "local say = ngx.say say(a, b, c) return x.y.z", 1);
    code(L, "ngx.x = 1", 1);
    code(L, "x = 1", 0);
    code(L, "function f() end", 0);
    code(L, "local function f() return g() end return f()", 1);
    code(L, "local function f() g = 1 end return f", 0);
    code(L, "return function() return function() return x end end", 1);
    code(L, "return function() return function() x = 1 end end", 0);
    code(L, "return function() return function() return _ENV end end", 0);
    code(L, "return _ENV", 0);
    code(L, "return _G.x", 0);
    code(L, "_G.x = 1", 0);
    code(L, "return function() return _G end", 0);
    code(L, "local e = _ENV e.x = 1", 0);
    code(L, "local k = 'x' return _ENV[k]", 0);
    code(L, "return _ENV[ngx.var.name]", 0);
    code(L, "_ENV = {} return x", 0);
    code(L, "local _ENV = {} x = 1 return function() y = 2 end", 1);
    code(L, "local _ENV = {e = _ENV} x = 1", 0);
    code(L, "local a, b = 1, 2 return function() a = b b = x end", 1);
    code(L, "goto done ::done:: for i = 1, 2 do f(i, 1.5, nil, true) end", 1);

    /* a table too long for one operand, and a long string */
    for (i = 0; i < 7000; i++) {
        n += (size_t) snprintf(big + n, sizeof(big) - n, "%d,", i % 10);
    }
    snprintf(big + n, sizeof(big) - n, "} return #t, x, [[%0300d]]", 0);
    code(L, big, 1);
    snprintf(big + n, sizeof(big) - n, "} x = #t");
    code(L, big, 0);

    lua_settop(L, 0);
    lua_pushcfunction(L, load);
    tap_ok(!lx_only_reads_globals(L), "a C function is not looked into");
    lua_settop(L, 0);
}

static void warn(lua_State *L, const char *msg)
{
    (void) L;
    (void) msg;
}

static int open_all(lua_State *L)
{
    luaL_openlibs(L);
    lx_open_compat(L, 1);
    lx_env_init(L, warn);
    return 0;
}

/* In a protected call: runs the text at index 1 in a new environment, which
 * it returns. */
static int run(lua_State *L)
{
    load(L);
    lx_push_env(L);
    lua_pushvalue(L, -1);
    lua_insert(L, 1);
    lua_call(L, 1, 1);
    lua_call(L, 0, 0);
    lx_push_env(L);
    return 2;
}

static void env(lua_State *L, const char *text, int is_new)
{
    lua_settop(L, 0);
    lua_pushcfunction(L, run);
    lua_pushlightuserdata(L, (void *) (uintptr_t) text);
    if (lua_pcall(L, 1, 2, 0) != LUA_OK) {
        tap_ok(0, lua_tostring(L, -1));
        return;
    }
    ok((lx_env_state(L, -1) == lx_env_state(L, -2)) == is_new, "%s after: %s",
       is_new ? "as new" : "not as new", text);
    lua_settop(L, 0);
}

static void test_env(lua_State *L)
{
    lua_pushcfunction(L, open_all);
    if (lua_pcall(L, 0, 0, 0) != LUA_OK) {
        tap_ok(0, lua_tostring(L, -1));
    }
    env(L, "return print", 1);
    env(L, "local f = require('string').format", 1);
    env(L, "x = 1", 0);
    env(L, "_G[1] = 1", 0);
    env(L, "getfenv()", 0);
    env(L, "getfenv(1)", 0);
    env(L, "getfenv(0)", 0);
    env(L, "local function f() return x end getfenv(f)", 0);
    env(L, "local f = function() return getfenv(2) end f()", 0);
    env(L, "load('x = 1')", 0);
    env(L, "loadstring('return x')", 0);
    env(L, "pcall(dofile, '/')", 1);

    lua_settop(L, 0);
    lua_pushglobaltable(L);
    lua_pushinteger(L, 1);
    lx_env_used(L, -1);
    lx_env_used(L, -2);
    tap_ok(!lx_env_state(L, -1) && !lx_env_state(L, -2) && lua_gettop(L) == 2,
           "what is no environment is left alone");
    lua_settop(L, 0);
}

int main(void)
{
    lua_State *L = luaL_newstate();

    assert(L != NULL);
    test_code(L);
    test_env(L);
    lua_close(L);
    return tap_done();
}

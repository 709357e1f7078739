/* The environment of a request's code: what it reads from the globals of the
 * VM it finds, what it writes stays with it, and gives a warning.
 *
 * Its _G is the environment itself, as in lua-nginx-module where it is not
 * built on LuaJIT: `_G.x = 1` and `x = 1` are the same write.
 */
#include "lx/lx.h"

/* Registry key of the metatable that all environments share. */
static const char env_meta;

typedef struct guard {
    void (*warn)(lua_State *L, const char *msg);
} guard;

/* __newindex; upvalue: the guard.  [table, key, value] */
static int new_global(lua_State *L)
{
    const guard *g = lua_touserdata(L, lua_upvalueindex(1));
    const char *name;

    lua_settop(L, 3);
    lua_pushvalue(L, 2);
    lua_insert(L, 3);
    lua_rawset(L, 1);

    name = luaL_tolstring(L, 2, NULL);
    lua_pushfstring(L,
                    "writing a global Lua variable ('%s') which may lead to "
                    "race conditions between concurrent requests, so prefer "
                    "the use of 'local' variables",
                    name);
    luaL_traceback(L, L, lua_tostring(L, -1), 1);
    g->warn(L, lua_tostring(L, -1));
    return 0;
}

void lx_env_init(lua_State *L, void (*warn)(lua_State *L, const char *msg))
{
    guard *g;

    lua_createtable(L, 0, 2);
    lua_rawgeti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
    lua_setfield(L, -2, "__index");
    g = lx_newuserdata(L, sizeof(*g));
    g->warn = warn;
    lua_pushcclosure(L, new_global, 1);
    lua_setfield(L, -2, "__newindex");
    lua_rawsetp(L, LUA_REGISTRYINDEX, &env_meta);
}

void lx_push_env(lua_State *L)
{
    lua_createtable(L, 0, 1);
    lua_pushvalue(L, -1);
    lua_setfield(L, -2, "_G");
    lua_rawgetp(L, LUA_REGISTRYINDEX, &env_meta);
    lua_setmetatable(L, -2);
}

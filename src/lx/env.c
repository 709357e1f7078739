/* The environment of a request's code: what it reads from the globals of the
 * VM it finds, what it writes stays with it, and gives a warning.
 *
 * Its _G is the environment itself, as in lua-nginx-module where it is not
 * built on LuaJIT: `_G.x = 1` and `x = 1` are the same write.
 */
#include "lx/lx.h"

/* Registry keys of the metatables of environments: of one that is as it was
 * made, and of one that was written or that somebody has got hold of. */
static const char env_meta;
static const char env_meta_used;

typedef struct guard {
    void (*warn)(lua_State *L, const char *msg);
} guard;

/* __newindex; upvalue: the guard.  [table, key, value] */
static int new_global(lua_State *L)
{
    const guard *g = lua_touserdata(L, lua_upvalueindex(1));
    const char *name;

    lua_settop(L, 3);
    lx_env_used(L, 1);
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

/* The guard is on the stack top.  [-0, +0] */
LX_RAISES static void make_meta(lua_State *L, const void *key)
{
    lua_createtable(L, 0, 2);
    lua_rawgeti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
    lua_setfield(L, -2, "__index");
    lua_pushvalue(L, -2);
    lua_pushcclosure(L, new_global, 1);
    lua_setfield(L, -2, "__newindex");
    lua_rawsetp(L, LUA_REGISTRYINDEX, key);
}

void lx_env_init(lua_State *L, void (*warn)(lua_State *L, const char *msg))
{
    guard *g;

    g = lx_newuserdata(L, sizeof(*g));
    g->warn = warn;
    make_meta(L, &env_meta);
    make_meta(L, &env_meta_used);
    lua_pop(L, 1);
}

void lx_push_env(lua_State *L)
{
    lua_createtable(L, 0, 1);
    lua_pushvalue(L, -1);
    lua_setfield(L, -2, "_G");
    lua_rawgetp(L, LUA_REGISTRYINDEX, &env_meta);
    lua_setmetatable(L, -2);
}

/* Is the value at IDX a table with the metatable KEY? */
static int has_meta(lua_State *L, int idx, const void *key)
{
    int same;

    if (!lua_istable(L, idx) || !lua_getmetatable(L, idx)) {
        return 0;
    }
    lua_rawgetp(L, LUA_REGISTRYINDEX, key);
    same = lua_rawequal(L, -1, -2);
    lua_pop(L, 2);
    return same;
}

void lx_env_used(lua_State *L, int idx)
{
    idx = lua_absindex(L, idx);
    if (has_meta(L, idx, &env_meta)) {
        lua_rawgetp(L, LUA_REGISTRYINDEX, &env_meta_used);
        lua_setmetatable(L, idx);
    }
}

const void *lx_env_state(lua_State *L, int idx)
{
    const void *meta = NULL;

    if (lua_getmetatable(L, idx)) {
        meta = lua_topointer(L, -1);
        lua_pop(L, 1);
    }
    return meta;
}

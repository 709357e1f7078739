/* LuaJIT's table functions: new, clear, nkeys, isarray, isempty, clone.
 *
 * They are fields of `table`, and `require "table.new"` returns the function,
 * which is how LuaJIT's users ask for them.  All work on the bare table,
 * without metamethods.  Thread: whoever has entered the VM.
 */
#include "lx/compat.h"

#include <limits.h>
#include <math.h>

static int check_size(lua_State *L, int arg)
{
    lua_Number n = luaL_checknumber(L, arg);

    if (!(n < INT_MAX)) {
        return luaL_error(L, "table overflow");
    }
    return n > 0 ? (int) n : 0;
}

static int table_new(lua_State *L)
{
    int narr = check_size(L, 1);
    int nrec = check_size(L, 2);

    lua_createtable(L, narr, nrec);
    return 1;
}

static int table_clear(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    lua_pushnil(L);
    while (lua_next(L, 1)) { /* t k v */
        lua_pop(L, 1);
        lua_pushvalue(L, -1);
        lua_pushnil(L);
        lua_rawset(L, 1); /* an existing field may be cleared meanwhile */
    }
    return 0;
}

static int table_nkeys(lua_State *L)
{
    lua_Integer n = 0;

    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    lua_pushnil(L);
    while (lua_next(L, 1)) {
        lua_pop(L, 1);
        n++;
    }
    lua_pushinteger(L, n);
    return 1;
}

static int table_isempty(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    lua_pushnil(L);
    lua_pushboolean(L, !lua_next(L, 1));
    return 1;
}

/* Are all keys whole numbers?  Zero and negative ones count, as in LuaJIT. */
static int table_isarray(lua_State *L)
{
    int is = 1;

    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    lua_pushnil(L);
    while (is && lua_next(L, 1)) {
        lua_pop(L, 1);
        is = lua_type(L, -1) == LUA_TNUMBER &&
             (lua_isinteger(L, -1) ||
              lua_tonumber(L, -1) == floor(lua_tonumber(L, -1)));
    }
    lua_pushboolean(L, is);
    return 1;
}

/* A shallow copy, without the metatable. */
static int table_clone(lua_State *L)
{
    size_t len;

    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    len = lua_rawlen(L, 1);
    lua_createtable(L, len < INT_MAX ? (int) len : 0, 0);
    lua_pushnil(L);
    while (lua_next(L, 1)) { /* t copy k v */
        lua_pushvalue(L, -2);
        lua_insert(L, -2);
        lua_rawset(L, 2);
    }
    return 1;
}

static const luaL_Reg table_funcs[] = {
    {"new", table_new},
    {"clear", table_clear},
    {"nkeys", table_nkeys},
    {"isempty", table_isempty},
    {"isarray", table_isarray},
    {"clone", table_clone},
    {NULL, NULL},
};

/* The loader of `require "table.new"`. */
static int load_function(lua_State *L)
{
    lua_pushvalue(L, lua_upvalueindex(1));
    return 1;
}

void lx_open_table_ext(lua_State *L)
{
    const luaL_Reg *f;
    int top = lua_gettop(L);

    lua_getglobal(L, "table");
    luaL_setfuncs(L, table_funcs, 0);
    lua_getglobal(L, "package");
    lua_getfield(L, -1, "preload");
    for (f = table_funcs; f->name; f++) { /* table package preload */
        lua_pushfstring(L, "table.%s", f->name);
        lua_getfield(L, top + 1, f->name);
        lua_pushcclosure(L, load_function, 1);
        lua_settable(L, -3);
    }
    lua_settop(L, top);
}

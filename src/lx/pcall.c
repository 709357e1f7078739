/* lx_pcall: a protected call whose error messages carry a traceback. */
#include "lx/lx.h"

static int add_traceback(lua_State *L)
{
    /* a number is a message as well, as for the reference's handler */
    if (lua_isstring(L, 1)) {
        luaL_traceback(L, L, lua_tostring(L, 1), 1);
    }
    return 1;
}

int lx_pcall(lua_State *L, int nargs, int nres)
{
    int handler = lua_gettop(L) - nargs;
    int status;

    lua_pushcfunction(L, add_traceback);
    lua_insert(L, handler);
    status = lua_pcall(L, nargs, nres, handler);
    lua_remove(L, handler);
    return status;
}

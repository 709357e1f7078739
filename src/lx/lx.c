/* The calls that Lua 5.3 and 5.4 spell differently, and numbers as text.
 *
 * Thread: whoever has entered the VM.  The hard thing is that lua_gettop() of
 * a yielded coroutine counts the yielded values alone in 5.3 and the whole
 * frame of the yielding function in 5.4: callers go by the count given here
 * and by indexes from the top.
 */
#include "lx/lx.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Written while the VMs are made, before any thread, the same for all. */
static int floats_as_lua;

void lx_floats_as_lua(int on)
{
    floats_as_lua = on;
}

size_t lx_int2str(lua_Integer i, char *buf)
{
    char digits[24];
    size_t n = 0;
    size_t len = 0;
    lua_Unsigned u = (lua_Unsigned) i;

    if (i < 0) {
        buf[len++] = '-';
        u = 0 - u;
    }
    do {
        digits[n++] = (char) ('0' + (int) (u % 10));
        u /= 10;
    } while (u);
    while (n) {
        buf[len++] = digits[--n];
    }
    return len;
}

size_t lx_num2str(lua_State *L, int idx, char *buf)
{
    lua_Number n;
    int len;

    if (lua_isinteger(L, idx)) {
        size_t digits = lx_int2str(lua_tointeger(L, idx), buf);

        buf[digits] = '\0';
        return digits;
    }

    n = lua_tonumber(L, idx);
    if (isnan(n) && !floats_as_lua) {
        /* printf would give the sign of it, LuaJIT does not */
        memcpy(buf, "nan", 4);
        return 3;
    }
    len = snprintf(buf, LX_NUMSIZE, "%.14g", (double) n);
    if (floats_as_lua && buf[strspn(buf, "-0123456789")] == '\0') {
        strcpy(buf + len, ".0");
        len += 2;
    }
    return (size_t) len;
}

void *lx_newuserdata(lua_State *L, size_t size)
{
#if LUA_VERSION_NUM >= 504
    return lua_newuserdatauv(L, size, 1);
#else
    return lua_newuserdata(L, size);
#endif
}

void lx_setuservalue(lua_State *L, int idx)
{
#if LUA_VERSION_NUM >= 504
    lua_setiuservalue(L, idx, 1);
#else
    lua_setuservalue(L, idx);
#endif
}

void lx_getuservalue(lua_State *L, int idx)
{
#if LUA_VERSION_NUM >= 504
    lua_getiuservalue(L, idx, 1);
#else
    lua_getuservalue(L, idx);
#endif
}

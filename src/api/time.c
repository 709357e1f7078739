/* ngx.now, ngx.time, ngx.update_time.
 *
 * nginx reads the clock once per turn of its loop and hands out that; reading
 * it costs no system call on the systems of today, so these functions always
 * give the present time and update_time() has nothing to do.
 *
 * Thread: inside the VM, any phase.
 */
#include "api/api.h"

#include "api/common.h"

#include <apr_time.h>

/* Seconds since 1970 with milliseconds. */
static int time_now(lua_State *L)
{
    lco_api_pushnumber(L,
                       (lua_Number) apr_time_as_msec(apr_time_now()) / 1000.0);
    return 1;
}

static int time_time(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer) apr_time_sec(apr_time_now()));
    return 1;
}

static int time_update(lua_State *L)
{
    (void) L;
    return 0;
}

static const luaL_Reg time_funcs[] = {
    {"now", time_now},
    {"time", time_time},
    {"update_time", time_update},
    {NULL, NULL},
};

void lco_api_open_time(lua_State *L)
{
    luaL_setfuncs(L, time_funcs, 0);
}

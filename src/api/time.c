/* ngx.now, ngx.time, ngx.update_time, ngx.today, ngx.localtime, ngx.utctime,
 * ngx.cookie_time, ngx.http_time, ngx.parse_http_time.
 *
 * nginx reads the clock once per turn of its loop and hands out that; reading
 * it costs no system call on the systems of today, so these functions always
 * give the present time and update_time() has nothing to do.
 *
 * Thread: inside the VM, any phase.
 */
#include "api/api.h"

#include "api/common.h"
#include "util/httptime.h"

#include <apr_time.h>

#include <stdio.h>
#include <time.h>

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

/* "2010-11-19 20:56:31"; LEN is how much of it is wanted. */
static int push_time(lua_State *L, const struct tm *tm, size_t len)
{
    char buf[64];

    snprintf(buf, sizeof(buf), "%04d-%02d-%02d %02d:%02d:%02d",
             tm->tm_year + 1900, tm->tm_mon + 1, tm->tm_mday, tm->tm_hour,
             tm->tm_min, tm->tm_sec);
    lua_pushlstring(L, buf, len);
    return 1;
}

static int push_local(lua_State *L, size_t len)
{
    time_t now = time(NULL);
    struct tm tm;

    return push_time(L, localtime_r(&now, &tm), len);
}

static int time_today(lua_State *L)
{
    return push_local(L, sizeof("2010-11-19") - 1);
}

static int time_localtime(lua_State *L)
{
    return push_local(L, sizeof("2010-11-19 20:56:31") - 1);
}

static int time_utctime(lua_State *L)
{
    time_t now = time(NULL);
    struct tm tm;

    return push_time(L, gmtime_r(&now, &tm), sizeof("2010-11-19 20:56:31") - 1);
}

/* The number at index 1 as whole seconds; what is too large for them, and NaN,
 * count as the smallest number. */
static int64_t check_seconds(lua_State *L)
{
    lua_Number n;

    if (lua_type(L, 1) != LUA_TNUMBER) {
        luaL_error(L, "number argument only");
    }
    if (lua_isinteger(L, 1)) {
        return (int64_t) lua_tointeger(L, 1);
    }
    n = lua_tonumber(L, 1);
    return n > -9223372036854775808.0 && n < 9223372036854775808.0 ? (int64_t) n
                                                                   : INT64_MIN;
}

/* ngx.http_time(sec) */
static int time_http_time(lua_State *L)
{
    char buf[LCO_HTTPTIME_SIZE];

    lua_pushlstring(L, buf, lco_httptime_format(buf, check_seconds(L)));
    return 1;
}

/* ngx.cookie_time(sec) */
static int time_cookie_time(lua_State *L)
{
    char buf[LCO_HTTPTIME_SIZE + 1];

    lua_pushlstring(L, buf, lco_httptime_cookie(buf, check_seconds(L)));
    return 1;
}

/* ngx.parse_http_time(str): seconds, or nil */
static int time_parse_http_time(lua_State *L)
{
    const char *s;
    size_t len;
    int64_t sec;

    if (lua_type(L, 1) != LUA_TSTRING) {
        return luaL_error(L, "string argument only");
    }
    s = lua_tolstring(L, 1, &len);
    sec = lco_httptime_parse(s, len);
    if (sec == LCO_HTTPTIME_NONE) {
        lua_pushnil(L);
    }
    else {
        lua_pushinteger(L, (lua_Integer) sec);
    }
    return 1;
}

static const luaL_Reg time_funcs[] = {
    {"now", time_now},
    {"time", time_time},
    {"update_time", time_update},
    {"today", time_today},
    {"localtime", time_localtime},
    {"utctime", time_utctime},
    {"http_time", time_http_time},
    {"cookie_time", time_cookie_time},
    {"parse_http_time", time_parse_http_time},
    {NULL, NULL},
};

void lco_api_open_time(lua_State *L)
{
    luaL_setfuncs(L, time_funcs, 0);
}

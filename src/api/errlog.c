/* require "ngx.errlog": get_logs, set_filter_level, get_sys_filter_level,
 * raw_log.
 *
 * Thread: inside the VM, any phase.
 */
#include "api/api.h"

#include "api/common.h"
#include "vm/errlog.h"

#include <http_log.h>

#include <limits.h>

APLOG_USE_MODULE(luaco);

enum {
    LEVEL_STDERR = 0,
    LEVEL_DEBUG = 8,
    DEFAULT_MAX = 10
};

static int is_off(lua_State *L)
{
    return lco_api_fail(L, "directive \"LuaCoCaptureErrorLog\" is not set");
}

/* errlog.set_filter_level(level): true, or nil and an error */
static int errlog_set_filter_level(lua_State *L)
{
    int level;

    if (!lua_toboolean(L, 1)) {
        return lco_api_fail(L, "missing \"level\" argument");
    }
    lco_api_checknumber(L, 1);
    level = lco_api_toint(L, 1);
    if (!lco_errlog_is_on()) {
        return is_off(L);
    }
    if (level < LEVEL_STDERR || level > LEVEL_DEBUG) {
        lua_pushnil(L);
        lua_pushfstring(L, "bad log level: %d", level);
        return 2;
    }
    lco_errlog_filter(level);
    lua_pushboolean(L, 1);
    return 1;
}

/* errlog.get_logs(max?, res?): {level, time, message, ...}, oldest first; what
 * is returned is kept no longer.  MAX of 0 or less: all there are. */
static int errlog_get_logs(lua_State *L)
{
    char buf[LCO_LOGRING_MESSAGE];
    unsigned left = DEFAULT_MAX;
    lua_Integer n = 0;
    apr_time_t when;
    apr_size_t len;
    int level, max;

    if (lua_toboolean(L, 1)) {
        lco_api_checknumber(L, 1);
        max = lco_api_toint(L, 1);
        /* what is logged meanwhile has its turn next time */
        left = max > 0 ? (unsigned) max : lco_errlog_count();
    }
    if (lua_toboolean(L, 2) && !lua_istable(L, 2)) {
        return lco_api_typeerror(L, 2, "table");
    }
    if (!lco_errlog_is_on()) {
        return is_off(L);
    }
    lua_settop(L, 2);
    if (!lua_istable(L, 2)) {
        lua_createtable(L, 0, 0);
        lua_replace(L, 2);
    }
    for (; left && lco_errlog_take(&level, &when, buf, &len); left--) {
        lua_pushinteger(L, level);
        lua_rawseti(L, 2, ++n);
        lco_api_pushnumber(L, (lua_Number) apr_time_as_msec(when) / 1000.0);
        lua_rawseti(L, 2, ++n);
        lua_pushlstring(L, buf, len);
        lua_rawseti(L, 2, ++n);
    }
    lua_pushnil(L);
    lua_rawseti(L, 2, ++n);
    return 1;
}

/* errlog.get_sys_filter_level(): what LogLevel lets pass */
static int errlog_get_sys_filter_level(lua_State *L)
{
    const lco_req *req = lco_req_get(L);
    int level = req && req->r
                    ? ap_get_request_module_loglevel(req->r, APLOG_MODULE_INDEX)
                    : ap_get_server_module_loglevel(lco_vm_of(L)->server,
                                                    APLOG_MODULE_INDEX);

    /* "trace1" and so on are debugging too */
    lua_pushinteger(L, level >= APLOG_DEBUG ? LEVEL_DEBUG
                                            : lco_errlog_level(level));
    return 1;
}

/* errlog.raw_log(level, msg) */
static int errlog_raw_log(lua_State *L)
{
    int level;

    if (lua_type(L, 1) != LUA_TNUMBER) {
        return luaL_error(L, "bad argument #1 to 'raw_log' (must be a number)");
    }
    if (lua_type(L, 2) != LUA_TSTRING) {
        return luaL_error(L, "bad argument #2 to 'raw_log' (must be a string)");
    }
    level = lco_api_toint(L, 1);
    if (level < LEVEL_STDERR || level > LEVEL_DEBUG) {
        return luaL_error(L, "bad log level");
    }
    lua_settop(L, 2);
    lco_api_log(L, level);
    return 0;
}

static const luaL_Reg errlog_funcs[] = {
    {"set_filter_level", errlog_set_filter_level},
    {"get_logs", errlog_get_logs},
    {"get_sys_filter_level", errlog_get_sys_filter_level},
    {"raw_log", errlog_raw_log},
    {NULL, NULL},
};

static int load_errlog(lua_State *L)
{
    luaL_newlib(L, errlog_funcs);
    lco_api_add_version(L);
    return 1;
}

void lco_api_open_errlog(lua_State *L)
{
    lco_api_preload(L, "ngx.errlog", load_errlog);
}

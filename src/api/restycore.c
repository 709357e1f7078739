/* require "resty.core" and its parts, require "ngx.utils".
 *
 * lua-resty-core puts functions of ngx into Lua by LuaJIT's FFI; here they are
 * there already, so its modules are tables with a version and whatever they
 * have of their own.
 *
 * Thread: inside the VM, any phase.
 */
#include "api/api.h"

#include "api/common.h"

#include <string.h>
#include <time.h>

/* Whose functions these are: lua-resty-core's version that belongs to
 * ngx.config.ngx_lua_version. */
#define VERSION "0.1.33"

void lco_api_add_version(lua_State *L)
{
    lua_pushliteral(L, VERSION);
    lua_setfield(L, -2, "version");
}

/* utils.str_replace_char(str, find, replace): each character that is the first
 * one of FIND becomes the first one of REPLACE, if the whole of FIND occurs. */
static int utils_str_replace_char(lua_State *L)
{
    size_t len, find_len, replace_len, i;
    const char *s = lco_api_checkstring(L, 1, &len);
    const char *find = lco_api_checkstring(L, 2, &find_len);
    const char *replace = lco_api_checkstring(L, 3, &replace_len);
    luaL_Buffer b;
    char *p;

    luaL_argcheck(L, find_len > 0, 2, "character expected");
    luaL_argcheck(L, replace_len > 0, 3, "character expected");
    if (find_len > len || !memmem(s, len, find, find_len)) {
        lua_settop(L, 1);
        return 1;
    }
    p = luaL_buffinitsize(L, &b, len);
    for (i = 0; i < len; i++) {
        p[i] = s[i] == *find ? *replace : s[i];
    }
    luaL_pushresultsize(&b, len);
    return 1;
}

/* Milliseconds since some moment before the server's start. */
static lua_Integer monotonic_msec(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (lua_Integer) now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int time_monotonic_msec(lua_State *L)
{
    lua_pushinteger(L, monotonic_msec());
    return 1;
}

static int time_monotonic_time(lua_State *L)
{
    lco_api_pushnumber(L, (lua_Number) monotonic_msec() / 1000.0);
    return 1;
}

/* base.allows_subsystem(...): raises where none of them is "http" */
static int base_allows_subsystem(lua_State *L)
{
    int n = lua_gettop(L), i;

    for (i = 1; i <= n; i++) {
        if (strcmp(luaL_checkstring(L, i), "http") == 0) {
            return 0;
        }
    }
    return luaL_error(L, "unsupported subsystem: http");
}

static const luaL_Reg utils_funcs[] = {
    {"str_replace_char", utils_str_replace_char},
    {NULL, NULL},
};

static const luaL_Reg time_funcs[] = {
    {"monotonic_msec", time_monotonic_msec},
    {"monotonic_time", time_monotonic_time},
    {NULL, NULL},
};

static const luaL_Reg base_funcs[] = {
    {"allows_subsystem", base_allows_subsystem},
    {NULL, NULL},
};

static void push_module(lua_State *L, const luaL_Reg *funcs)
{
    lua_createtable(L, 0, 4);
    lco_api_add_version(L);
    if (funcs) {
        luaL_setfuncs(L, funcs, 0);
    }
}

static int load_plain(lua_State *L)
{
    push_module(L, NULL);
    return 1;
}

static int load_utils(lua_State *L)
{
    push_module(L, utils_funcs);
    return 1;
}

static int load_time(lua_State *L)
{
    push_module(L, time_funcs);
    return 1;
}

static int load_base(lua_State *L)
{
    push_module(L, base_funcs);
    lua_getglobal(L, "table");
    lua_getfield(L, -1, "new");
    lua_setfield(L, -3, "new_tab");
    lua_getfield(L, -1, "clear");
    lua_setfield(L, -3, "clear_tab");
    lua_pop(L, 1);
    return 1;
}

void lco_api_open_restycore(lua_State *L)
{
    static const char *const plain[] = {
        "resty.core",          "resty.core.base64", "resty.core.coroutine",
        "resty.core.ctx",      "resty.core.exit",   "resty.core.hash",
        "resty.core.misc",     "resty.core.ndk",    "resty.core.param",
        "resty.core.phase",    "resty.core.regex",  "resty.core.request",
        "resty.core.response", "resty.core.shdict", "resty.core.socket",
        "resty.core.uri",      "resty.core.var",    "resty.core.worker",
    };
    size_t i;

    for (i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
        lco_api_preload(L, plain[i], load_plain);
    }
    lco_api_preload(L, "resty.core.base", load_base);
    lco_api_preload(L, "resty.core.time", load_time);
    lco_api_preload(L, "resty.core.utils", load_utils);
    lco_api_preload(L, "ngx.utils", load_utils);
}

/* ngx.log and print: lines of httpd's error log.
 *
 * The message is "[lua] FILE:LINE: FUNCTION(): TEXT", with the function part
 * left out in main chunks and nameless functions.  LogLevel luaco:... rules
 * whether a level is written; below it arguments are not even looked at, as
 * in the reference.
 *
 * httpd escapes control characters itself ("\n" becomes \n) and cuts a line
 * at 8 KiB (its MAX_STRING_LEN; nginx cuts at 2 or 4 KiB).  Longer messages
 * are not split over lines.  What httpd cannot take is a NUL byte, which
 * would end the message: it is written as \x00.
 *
 * Thread: inside the VM, any phase.
 */
#include "api/api.h"

#include "api/common.h"

#include <httpd.h>
#include <http_log.h>

#include <limits.h>
#include <string.h>

APLOG_USE_MODULE(luaco);

/* ngx.STDERR .. ngx.DEBUG */
static const int levels[] = {
    APLOG_EMERG,   APLOG_EMERG,  APLOG_ALERT, APLOG_CRIT,  APLOG_ERR,
    APLOG_WARNING, APLOG_NOTICE, APLOG_INFO,  APLOG_DEBUG,
};

#define LEVELS ((int) (sizeof(levels) / sizeof(levels[0])))
#define LEVEL_NOTICE 6

/* Pushes "[lua] FILE:LINE: FUNCTION(): " of the calling function. */
static void push_place(lua_State *L)
{
    lua_Debug ar;
    const char *file, *slash;

    if (!lua_getstack(L, 1, &ar)) {
        /* called by C alone, as the function of a coroutine */
        lua_pushliteral(L, "[lua] [C]:-1: ");
        return;
    }
    lua_getinfo(L, "Snl", &ar);
    file = ar.short_src;
    slash = strrchr(file, '/');
    if (slash) {
        file = slash + 1;
    }
    lua_pushfstring(L, "[lua] %s:%d: ", file,
                    ar.currentline > 0 ? ar.currentline : ar.linedefined);
    if (ar.namewhat && *ar.namewhat && ar.name && *ar.what == 'L') {
        lua_pushfstring(L, "%s(): ", ar.name);
        lua_concat(L, 2);
    }
}

/* Makes the argument at stack index I a string. */
static void stringify(lua_State *L, int i)
{
    size_t len;

    switch (lua_type(L, i)) {
    case LUA_TSTRING:
        return;
    case LUA_TNUMBER:
        lco_api_tolstring(L, i, &len);
        break;
    case LUA_TNIL:
        lua_pushliteral(L, "nil");
        break;
    case LUA_TBOOLEAN:
        lua_pushstring(L, lua_toboolean(L, i) ? "true" : "false");
        break;
    case LUA_TLIGHTUSERDATA:
        lua_pushliteral(L, "null");
        break;
    case LUA_TTABLE:
        if (!luaL_callmeta(L, i, "__tostring")) {
            luaL_argerror(L, i,
                          "expected table to have __tostring "
                          "metamethod");
        }
        if (!lua_isstring(L, -1)) {
            luaL_error(L, "'__tostring' must return a string");
        }
        lco_api_tolstring(L, -1, &len);
        lua_remove(L, -2);
        break;
    default:
        luaL_argerror(L, i,
                      lua_pushfstring(L,
                                      "string, number, boolean, or nil "
                                      "expected, got %s",
                                      luaL_typename(L, i)));
    }
    lua_replace(L, i);
}

/* The string on the stack top without NUL bytes.  [-1, +1] */
static const char *printable(lua_State *L)
{
    size_t len;
    const char *s = lua_tolstring(L, -1, &len), *nul;
    luaL_Buffer b;

    if (!memchr(s, 0, len)) {
        return s;
    }
    luaL_buffinit(L, &b);
    while ((nul = memchr(s, 0, len))) {
        luaL_addlstring(&b, s, (size_t) (nul - s));
        luaL_addstring(&b, "\\x00");
        len -= (size_t) (nul - s) + 1;
        s = nul + 1;
    }
    luaL_addlstring(&b, s, len);
    luaL_pushresult(&b);
    lua_remove(L, -2);
    return lua_tostring(L, -1);
}

/* Is httpd to write messages of LEVEL (httpd's)?  Not asked by its macros:
 * they let every notice pass, and print() makes notices. */
static int is_wanted(lua_State *L, int level)
{
    const lco_req *req = lco_req_get(L);

    return level <=
           (req && req->r
                ? ap_get_request_module_loglevel(req->r, APLOG_MODULE_INDEX)
                : ap_get_server_module_loglevel(lco_vm_of(L)->server,
                                                APLOG_MODULE_INDEX));
}

void lco_api_log(lua_State *L, int level)
{
    const lco_req *req = lco_req_get(L);
    const char *msg;

    level = levels[level];
    if (!is_wanted(L, level)) {
        return;
    }
    luaL_checkstack(L, 4, NULL);
    msg = printable(L);
    if (req && req->r) {
        ap_log_rerror(APLOG_MARK, level, 0, req->r, "%s", msg);
    }
    else {
        ap_log_error(APLOG_MARK, level, 0, lco_vm_of(L)->server, "%s", msg);
    }
}

/* Logs all values on the stack. */
static int log_values(lua_State *L, int level)
{
    int nargs = lua_gettop(L), i;

    if (!is_wanted(L, levels[level])) {
        return 0;
    }
    luaL_checkstack(L, 8, NULL);
    for (i = 1; i <= nargs; i++) {
        stringify(L, i);
    }
    push_place(L);
    lua_insert(L, 1);
    lua_concat(L, nargs + 1);
    lco_api_log(L, level);
    return 0;
}

/* ngx.log(level, ...) */
static int log_log(lua_State *L)
{
    lua_Number n = lco_api_checknumber(L, 1);
    int level;
    size_t len;

    lua_pushnumber(L, n);
    level = lco_api_toint(L, -1);
    lua_pop(L, 1);
    if (level == INT_MIN) {
        return luaL_argerror(L, 1,
                             lua_pushfstring(L, "bad log level: %s",
                                             lco_api_tolstring(L, 1, &len)));
    }
    if (level < 0 || level >= LEVELS) {
        return luaL_argerror(L, 1,
                             lua_pushfstring(L, "bad log level: %d", level));
    }
    /* Errors about the text count from 1, as in the reference. */
    lua_remove(L, 1);
    return log_values(L, level);
}

/* print(...): ngx.log(ngx.NOTICE, ...) */
static int log_print(lua_State *L)
{
    return log_values(L, LEVEL_NOTICE);
}

static const luaL_Reg log_funcs[] = {
    {"log", log_log},
    {NULL, NULL},
};

void lco_api_open_log(lua_State *L)
{
    luaL_setfuncs(L, log_funcs, 0);
    lua_pushcfunction(L, log_print);
    lua_setglobal(L, "print");
}

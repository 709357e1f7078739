/* ngx.escape_uri, ngx.unescape_uri, ngx.quote_sql_str.
 *
 * Thread: inside the VM, any phase.
 */
#include "api/api.h"

#include "api/common.h"
#include "util/escape.h"
#include "util/quote.h"

enum {
    SHORT = 256 /* bytes that are escaped in one go, without counting first */
};

/* The kind at ARG, by its number. */
static lco_escape check_kind(lua_State *L, int arg)
{
    char buf[LX_NUMSIZE];
    lua_Number n;

    if (lua_isnoneornil(L, arg)) {
        return LCO_ESCAPE_COMPONENT;
    }
    if (lua_type(L, arg) != LUA_TNUMBER) {
        luaL_error(L, "\"type\" is not a number");
    }
    n = lua_tonumber(L, arg);
    if (!(n >= 0 && n <= LCO_ESCAPES - 1)) {
        lua_pushlstring(L, buf, lx_num2str(L, arg, buf));
        luaL_error(L, "\"type\" %s out of range", lua_tostring(L, -1));
    }
    return (lco_escape) n;
}

/* ngx.escape_uri(str, type?) */
static int escape_uri(lua_State *L)
{
    size_t len, n;
    const char *s = lco_api_text(L, 1, &len);
    lco_escape kind = check_kind(L, 2);
    char few[3 * SHORT];
    luaL_Buffer b;
    char *p;

    n = len <= SHORT ? lco_escape_uri(few, s, len, kind)
                     : lco_escape_uri_len(s, len, kind);
    if (n == len) {
        lua_settop(L, 1);
        return 1;
    }
    if (len <= SHORT) {
        lua_pushlstring(L, few, n);
        return 1;
    }
    p = luaL_buffinitsize(L, &b, n);
    lco_escape_uri(p, s, len, kind);
    luaL_pushresultsize(&b, n);
    return 1;
}

/* ngx.unescape_uri(str) */
static int unescape_uri(lua_State *L)
{
    size_t len;
    const char *s = lco_api_text(L, 1, &len);
    luaL_Buffer b;
    char *p = luaL_buffinitsize(L, &b, len);

    luaL_pushresultsize(&b, lco_unescape_uri(p, s, len, 1));
    return 1;
}

/* ngx.quote_sql_str(str): a literal for MySQL */
static int quote_sql_str(lua_State *L)
{
    size_t len, n;
    const char *s;
    luaL_Buffer b;
    char *p;

    if (lua_gettop(L) != 1) {
        return luaL_error(L, "expecting one argument");
    }
    s = lco_api_checkstring(L, 1, &len);
    n = lco_quote_len(s, len, LCO_QUOTE_SQL);
    p = luaL_buffinitsize(L, &b, n);
    lco_quote_str(p, s, len, LCO_QUOTE_SQL);
    luaL_pushresultsize(&b, n);
    return 1;
}

static const luaL_Reg escape_funcs[] = {
    {"escape_uri", escape_uri},
    {"unescape_uri", unescape_uri},
    {"quote_sql_str", quote_sql_str},
    {NULL, NULL},
};

void lco_api_open_escape(lua_State *L)
{
    luaL_setfuncs(L, escape_funcs, 0);
}

/* Helpers of the API files; see common.h.
 *
 * Thread: inside the VM, on the owner of the current request.
 */
#include "api/common.h"

#include <apr_lib.h>
#include <http_protocol.h>

#include <limits.h>
#include <math.h>

lco_req *lco_api_req(lua_State *L, unsigned mask, const char *msg)
{
    lco_req *req = lco_req_get(L);
    lco_phase phase;

    if (req) {
        lco_req_check_phase(L, req, mask);
        return req;
    }
    phase = lco_vm_of(L)->boot_phase;
    if (phase == LCO_PHASE_INIT) {
        luaL_error(L, "%s", msg);
    }
    luaL_error(L, "API disabled in the context of %s", lco_phase_names[phase]);
    return NULL;
}

lco_req *lco_api_http_or(lua_State *L, const char *msg)
{
    lco_req *req = lco_req_get(L);

    if (req && req->phase != LCO_PHASE_TIMER) {
        return req;
    }
    if (!req && lco_vm_of(L)->boot_phase == LCO_PHASE_INIT) {
        luaL_error(L, "%s", msg);
    }
    luaL_error(L, "API disabled in the current context");
    return NULL;
}

lco_req *lco_api_http(lua_State *L)
{
    return lco_api_http_or(L, "no request found");
}

int lco_api_headers_sent(const lco_req *req)
{
    if (req->phase == LCO_PHASE_HEADER_FILTER) {
        return 0; /* this is the last moment to change them */
    }
    return req->header_sent || req->phase == LCO_PHASE_BODY_FILTER ||
           req->phase == LCO_PHASE_LOG;
}

int lco_api_status(const lco_req *req)
{
    int status = req->r->status;

    /* What was sent in the end may be another one than Lua chose. */
    if (req->phase == LCO_PHASE_HEADER_FILTER ||
        req->phase == LCO_PHASE_BODY_FILTER || req->phase == LCO_PHASE_LOG) {
        return status;
    }
    if (req->status_set) {
        return req->status_set;
    }
    /* httpd starts with 200, the reference with none; anything else was
     * decided before (an ErrorDocument's request carries its cause). */
    return status == HTTP_OK && !req->header_sent ? 0 : status;
}

int lco_api_typeerror(lua_State *L, int arg, const char *want)
{
    const char *msg =
        lua_pushfstring(L, "%s expected, got %s", want, luaL_typename(L, arg));

    return luaL_argerror(L, arg, msg);
}

lua_Number lco_api_checknumber(lua_State *L, int arg)
{
    int ok;
    lua_Number n = lua_tonumberx(L, arg, &ok);

    if (!ok) {
        lco_api_typeerror(L, arg, "number");
    }
    return n;
}

const char *lco_api_checkstring(lua_State *L, int arg, size_t *len)
{
    switch (lua_type(L, arg)) {
    case LUA_TSTRING:
        break;
    case LUA_TNUMBER:
        lco_api_tolstring(L, arg, len);
        lua_replace(L, arg);
        break;
    default:
        lco_api_typeerror(L, arg, "string");
    }
    return lua_tolstring(L, arg, len);
}

const char *lco_api_text(lua_State *L, int arg, size_t *len)
{
    if (lua_type(L, arg) != LUA_TSTRING) {
        if (lua_toboolean(L, arg)) {
            lco_api_tolstring(L, arg, len);
        }
        else {
            lua_settop(L, arg > lua_gettop(L) ? arg : lua_gettop(L));
            lua_pushliteral(L, "");
        }
        lua_replace(L, arg);
    }
    return lua_tolstring(L, arg, len);
}

int lco_api_toint(lua_State *L, int idx)
{
    lua_Number n = lua_tonumber(L, idx);

    /* Written so that NaN fails it. */
    if (n > (lua_Number) INT_MIN - 1 && n < (lua_Number) INT_MAX + 1) {
        return (int) n;
    }
    return INT_MIN;
}

int lco_api_fail(lua_State *L, const char *msg)
{
    lua_pushnil(L);
    lua_pushstring(L, msg);
    return 2;
}

const char *lco_api_tolstring(lua_State *L, int idx, size_t *len)
{
    char buf[LX_NUMSIZE];

    switch (lua_type(L, idx)) {
    case LUA_TSTRING:
        lua_pushvalue(L, idx);
        return lua_tolstring(L, -1, len);
    case LUA_TNUMBER:
        *len = lx_num2str(L, idx, buf);
        return lua_pushlstring(L, buf, *len);
    case LUA_TLIGHTUSERDATA:
        if (!lua_touserdata(L, idx)) {
            lua_pushliteral(L, "userdata: NULL");
            return lua_tolstring(L, -1, len);
        }
        break;
    }
    return luaL_tolstring(L, idx, len);
}

void lco_api_pushnumber(lua_State *L, lua_Number n)
{
    /* 2^53: up to there a double counts by ones. */
    if (n >= -9007199254740992.0 && n <= 9007199254740992.0 && floor(n) == n) {
        lua_pushinteger(L, (lua_Integer) n);
        return;
    }
    lua_pushnumber(L, n);
}

void lco_api_addmulti(lua_State *L, int t)
{
    t = lua_absindex(L, t);
    luaL_checkstack(L, 4, NULL);

    lua_pushvalue(L, -2);
    switch (lua_rawget(L, t)) {
    case LUA_TNIL:
        lua_pop(L, 1);
        lua_rawset(L, t);
        return;
    case LUA_TTABLE: /* key, value, list */
        lua_insert(L, -2);
        lua_rawseti(L, -2, (lua_Integer) lua_rawlen(L, -2) + 1);
        lua_pop(L, 2);
        return;
    default: /* key, value, first */
        lua_createtable(L, 2, 0);
        lua_insert(L, -2);
        lua_rawseti(L, -2, 1);
        lua_insert(L, -2);
        lua_rawseti(L, -2, 2);
        lua_rawset(L, t);
    }
}

void lco_api_preload(lua_State *L, const char *name, lua_CFunction loader)
{
    luaL_getsubtable(L, LUA_REGISTRYINDEX, "_PRELOAD");
    lua_pushcfunction(L, loader);
    lua_setfield(L, -2, name);
    lua_pop(L, 1);
}

int lco_api_headers_index(lua_State *L)
{
    size_t len, i;
    const char *key = lua_tolstring(L, 2, &len);
    luaL_Buffer b;
    char *p;

    if (!key) {
        return luaL_argerror(
            L, 1,
            lua_pushfstring(L, "string expected, got %s", luaL_typename(L, 2)));
    }
    p = luaL_buffinitsize(L, &b, len);
    for (i = 0; i < len; i++) {
        p[i] = key[i] == '_' ? '-' : (char) apr_tolower(key[i]);
    }
    luaL_pushresultsize(&b, len);
    lua_rawget(L, 1);
    return 1;
}

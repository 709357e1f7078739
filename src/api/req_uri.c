/* ngx.req: the URI and its arguments.
 *
 * Thread: inside the VM, on the owner of the current request.
 */
#include "api/req.h"

#include "api/args.h"
#include "api/common.h"
#include "req/change.h"

#include <string.h>

static int is_control(unsigned char c)
{
    return c < ' ' || c == 127;
}

/* Raises the error for the byte C of the URI at S. */
static int unsafe(lua_State *L, const char *s, size_t len, unsigned char c,
                  const char *hint)
{
    static const char hex[] = "0123456789ABCDEF";
    char byte[3] = {hex[c >> 4], hex[c & 15], '\0'};
    luaL_Buffer b;
    size_t i;

    luaL_buffinit(L, &b);
    for (i = 0; i < len; i++) {
        c = (unsigned char) s[i];
        if (is_control(c) || c > 127 || c == '"' || c == '\\') {
            luaL_addlstring(&b, "\\x", 2);
            luaL_addchar(&b, hex[c >> 4]);
            luaL_addchar(&b, hex[c & 15]);
        }
        else {
            luaL_addchar(&b, s[i]);
        }
    }
    luaL_pushresult(&b);
    for (i = 0; byte[i]; i++) {
        byte[i] = (char) (byte[i] >= 'A' ? byte[i] + ('a' - 'A') : byte[i]);
    }
    return luaL_error(L, "unsafe byte \"0x%s\" in uri \"%s\"%s", byte,
                      lua_tostring(L, -1), hint);
}

/* A control character may be meant, a NUL byte cannot: httpd's URIs are C
 * strings. */
static void check_safe(lua_State *L, const char *s, size_t len, int binary)
{
    size_t i;

    for (i = 0; !binary && i < len; i++) {
        if (is_control((unsigned char) s[i]) && s[i] != '\t') {
            unsafe(L, s, len, (unsigned char) s[i],
                   " (maybe you want to set the 'binary' argument?)");
        }
    }
    if (memchr(s, 0, len)) {
        unsafe(L, s, len, 0, "");
    }
}

static int check_boolean(lua_State *L, int arg)
{
    if (!lua_isboolean(L, arg)) {
        return lco_api_typeerror(L, arg, "boolean");
    }
    return lua_toboolean(L, arg);
}

/* ngx.req.set_uri(uri, jump?, binary?) */
static int req_set_uri(lua_State *L)
{
    int n = lua_gettop(L), jump = 0, binary = 0;
    lco_req *req;
    const char *uri;
    size_t len;

    if (n < 1 || n > 3) {
        return luaL_error(L, "expecting 1, 2 or 3 arguments but seen %d", n);
    }
    req = lco_api_http(L);
    if (!lua_isstring(L, 1)) {
        return lco_api_typeerror(L, 1, "string");
    }
    uri = lco_api_tolstring(L, 1, &len);
    if (!len) {
        return luaL_error(L, "attempt to use zero-length uri");
    }
    if (n >= 3) {
        binary = check_boolean(L, 3);
    }
    check_safe(L, uri, len, binary);
    if (n >= 2) {
        jump = check_boolean(L, 2);
    }
    if (jump) {
        lco_req_check_phase(L, req, LCO_JUMPS);
        lco_req_check_abortable(L, req);
    }
    lco_change_uri(req, uri, len);
    if (jump) {
        return lco_req_jump(L, req);
    }
    return 0;
}

/* Pushes the string at IDX with blanks and controls escaped. */
static const char *push_escaped(lua_State *L, int idx, size_t *len)
{
    static const char hex[] = "0123456789ABCDEF";
    const char *s = lua_tolstring(L, idx, len);
    luaL_Buffer b;
    size_t i;

    luaL_buffinit(L, &b);
    for (i = 0; i < *len; i++) {
        unsigned char c = (unsigned char) s[i];

        if (is_control(c) || c == ' ') {
            luaL_addchar(&b, '%');
            luaL_addchar(&b, hex[c >> 4]);
            luaL_addchar(&b, hex[c & 15]);
        }
        else {
            luaL_addchar(&b, s[i]);
        }
    }
    luaL_pushresult(&b);
    return lua_tolstring(L, -1, len);
}

/* ngx.req.set_uri_args(string or table) */
static int req_set_uri_args(lua_State *L)
{
    lco_req *req;
    const char *args;
    size_t len;

    if (lua_gettop(L) != 1) {
        return luaL_error(L, "expecting 1 argument but seen %d", lua_gettop(L));
    }
    req = lco_api_http_or(L, "no request object found");
    switch (lua_type(L, 1)) {
    case LUA_TNUMBER:
        args = lco_api_tolstring(L, 1, &len);
        break;
    case LUA_TSTRING:
        args = push_escaped(L, 1, &len);
        break;
    case LUA_TTABLE:
        args = lco_api_encode_args(L, 1, &len);
        break;
    default:
        return luaL_argerror(
            L, 1,
            lua_pushfstring(L, "string, number, or table expected, but got %s",
                            luaL_typename(L, 1)));
    }
    lco_change_args(req, args, len);
    return 0;
}

static void clear_table(lua_State *L, int t)
{
    lua_pushnil(L);
    while (lua_next(L, t)) {
        lua_pop(L, 1);
        lua_pushvalue(L, -1);
        lua_pushnil(L);
        lua_rawset(L, t); /* clearing a field keeps the traversal valid */
    }
}

/* ngx.req.get_uri_args(max?, tab?): a table (TAB, emptied, if given), and
 * "truncated" if the query string has more pairs than MAX. */
static int req_get_uri_args(lua_State *L)
{
    request_rec *r = lco_api_http(L)->r;
    int max = lco_api_checkmax(L, 1), n = 0;
    int has_tab = lua_toboolean(L, 2);
    size_t len = r->args ? strlen(r->args) : 0;
    size_t pairs = lco_args_count(r->args, len);
    int truncated = max && pairs > (size_t) max;
    lco_args args;
    lco_arg arg;
    char *copy;

    if (has_tab) {
        if (!lua_istable(L, 2)) {
            return lco_api_typeerror(L, 2, "table");
        }
        clear_table(L, 2);
    }
    lua_settop(L, 2);
    luaL_checkstack(L, 8, NULL);
    /* The copy is decoded in place; the collector frees it. */
    copy = lx_newuserdata(L, len + 1);
    if (has_tab) {
        lua_pushvalue(L, 2);
    }
    else {
        lua_createtable(L, 0, truncated ? max : (int) pairs);
    }
    if (len) {
        memcpy(copy, r->args, len);
    }
    /* Pairs without a name do not count towards MAX. */
    lco_args_begin(&args, copy, len);
    while ((!max || n < max) && lco_args_next(&args, &arg)) {
        n += lco_api_push_arg(L, -1, &arg);
    }
    if (truncated) {
        lua_pushliteral(L, "truncated");
        return 2;
    }
    return 1;
}

static const luaL_Reg uri_funcs[] = {
    {"set_uri", req_set_uri},
    {"set_uri_args", req_set_uri_args},
    {"get_uri_args", req_get_uri_args},
    {NULL, NULL},
};

void lco_api_add_req_uri(lua_State *L)
{
    luaL_setfuncs(L, uri_funcs, 0);
}

/* ngx.req: get_method, http_version, start_time, get_headers, get_uri_args.
 *
 * Thread: inside the VM, on the owner of the current request.
 */
#include "api/api.h"

#include "api/args.h"
#include "api/common.h"

#include <apr_lib.h>
#include <apr_tables.h>

#include <string.h>

/* ngx.req.get_method() */
static int req_get_method(lua_State *L)
{
    lua_pushstring(L, lco_api_http(L)->r->method);
    return 1;
}

/* ngx.req.http_version(): 2, 1.1, 1, 0.9 */
static int req_http_version(lua_State *L)
{
    int version = lco_api_http(L)->r->proto_num;

    lco_api_pushnumber(L, (lua_Number) HTTP_VERSION_MAJOR(version) +
                              (lua_Number) HTTP_VERSION_MINOR(version) / 10);
    return 1;
}

/* ngx.req.start_time(): seconds since 1970 with milliseconds */
static int req_start_time(lua_State *L)
{
    apr_time_t start = lco_api_http(L)->r->request_time;

    lco_api_pushnumber(L, (lua_Number) apr_time_as_msec(start) / 1000.0);
    return 1;
}

typedef struct req_fill {
    lua_State *L;
    int left; /* how many more may go in; negative: no limit */
    int raw;
    int truncated;
} req_fill;

/* The table is on the stack top.  Raises only out of memory, inside the
 * caller's protected call; apr_table_do holds nothing. */
static int take_header(void *data, const char *key, const char *value)
{
    req_fill *fill = data;
    lua_State *L = fill->L;
    luaL_Buffer b;
    const char *p;

    if (!fill->left) {
        fill->truncated = 1;
        return 0;
    }
    fill->left--;
    if (fill->raw) {
        lua_pushstring(L, key);
    }
    else {
        luaL_buffinit(L, &b);
        for (p = key; *p; p++) {
            luaL_addchar(&b, (char) apr_tolower(*p));
        }
        luaL_pushresult(&b);
    }
    lua_pushstring(L, value);
    lco_api_addmulti(L, -3);
    return 1;
}

/* ngx.req.get_headers(max?, raw?): a table, and "truncated" if there were
 * more.  Unless RAW the names are in lower case, and looking one up finds it
 * in any case and with underscores.  httpd has joined equal headers by ", ",
 * so the values are strings. */
static int req_get_headers(lua_State *L)
{
    request_rec *r = lco_api_http(L)->r;
    req_fill fill;

    fill.L = L;
    fill.left = lco_api_checkmax(L, 1);
    if (!fill.left) {
        fill.left = -1;
    }
    fill.raw = lua_toboolean(L, 2);
    fill.truncated = 0;

    luaL_checkstack(L, 8, NULL);
    lua_createtable(L, 0, apr_table_elts(r->headers_in)->nelts);
    apr_table_do(take_header, &fill, r->headers_in, NULL);
    if (!fill.raw) {
        lua_pushvalue(L, lua_upvalueindex(1));
        lua_setmetatable(L, -2);
    }
    if (fill.truncated) {
        lua_pushliteral(L, "truncated");
        return 2;
    }
    return 1;
}

/* __index of that table: the name in lower case, dashes for underscores. */
static int headers_index(lua_State *L)
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

static const luaL_Reg req_funcs[] = {
    {"get_method", req_get_method},
    {"http_version", req_http_version},
    {"start_time", req_start_time},
    {"get_uri_args", req_get_uri_args},
    {NULL, NULL},
};

void lco_api_open_req(lua_State *L)
{
    luaL_newlib(L, req_funcs);

    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, headers_index);
    lua_setfield(L, -2, "__index");
    lua_pushcclosure(L, req_get_headers, 1);
    lua_setfield(L, -2, "get_headers");

    lua_setfield(L, -2, "req");
}

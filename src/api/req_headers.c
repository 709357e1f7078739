/* ngx.req: the headers, and the module "ngx.req".
 *
 * Thread: inside the VM, on the owner of the current request.
 */
#include "api/req.h"

#include <string.h>

#include <apr_lib.h>
#include <apr_tables.h>

#include "api/args.h"
#include "api/common.h"
#include "req/change.h"
#include "req/head.h"

/* ---- reading ---- */

typedef struct req_fill {
    lua_State *L;
    lco_req *req;
    int left; /* how many more may go in; negative: no limit */
    int raw;
    int truncated;
} req_fill;

/* One value of the header KEY into the table on the stack top.  Raises only
 * out of memory, inside the caller's protected call; apr_table_do holds
 * nothing. */
static int take_value(req_fill *fill, const char *key, const char *value)
{
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

static int take_header(void *data, const char *key, const char *value)
{
    req_fill *fill = data;
    const lco_multi *multi = lco_change_multi(fill->req, key, value);
    int i;

    if (!multi) {
        return take_value(fill, key, value);
    }
    for (i = 0; i < multi->n; i++) {
        if (!take_value(fill, key, multi->values[i])) {
            return 0;
        }
    }
    return 1;
}

/* ngx.req.get_headers(max?, raw?): a table, and "truncated" if there were
 * more.  Unless RAW the names are in lower case, and looking one up finds it
 * in any case and with underscores. */
static int req_get_headers(lua_State *L)
{
    lco_req *req = lco_api_http(L);
    const apr_table_t *headers = req->r->headers_in;
    req_fill fill;

    fill.L = L;
    fill.req = req;
    fill.left = lco_api_checkmax(L, 1);
    if (!fill.left) {
        fill.left = -1;
    }
    fill.raw = lua_toboolean(L, 2);
    fill.truncated = 0;

    luaL_checkstack(L, 8, NULL);
    lua_createtable(L, 0, apr_table_elts(headers)->nelts);
    apr_table_do(take_header, &fill, headers, NULL);
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

/* Adds "name: value" CRLF. */
static int write_header(void *data, const char *key, const char *value)
{
    luaL_Buffer *b = data;

    luaL_addstring(b, key);
    luaL_addstring(b, ": ");
    luaL_addstring(b, value);
    luaL_addstring(b, "\r\n");
    return 1;
}

/* ngx.req.raw_header(no_request_line?): the bytes as the client sent them. */
static int req_raw_header(lua_State *L)
{
    request_rec *r =
        lco_head_request(lco_api_http_or(L, "no request object found")->r);
    int no_line = lua_toboolean(L, 1);
    apr_size_t len;
    const char *head = lco_head_get(r, &len), *rest;
    luaL_Buffer b;

    if (r->proto_num >= HTTP_VERSION(2, 0)) {
        return luaL_error(L, "http2 requests not supported yet");
    }
    if (head) {
        if (no_line) {
            rest = memchr(head, '\n', len);
            rest = rest ? rest + 1 : head + len;
            len -= (apr_size_t) (rest - head);
            head = rest;
        }
        lua_pushlstring(L, head, len);
        return 1;
    }
    /* Nothing came over a connection: as it would have. */
    luaL_buffinit(L, &b);
    if (!no_line) {
        luaL_addstring(&b, r->the_request ? r->the_request : "");
        luaL_addstring(&b, "\r\n");
    }
    apr_table_do(write_header, &b, r->headers_in, NULL);
    luaL_addstring(&b, "\r\n");
    luaL_pushresult(&b);
    return 1;
}

/* ---- changing ---- */

/* Pushes the value at IDX as text. */
static void push_text(lua_State *L, int idx, lco_text *text)
{
    size_t len;

    text->data = lco_api_tolstring(L, idx, &len);
    text->len = len;
}

/* Changes the header that is the first argument to the values of the second:
 * nil, a table of values, or one. */
static int change_header(lua_State *L, lco_change_how how)
{
    lco_req *req = lco_api_http(L);
    lco_text name, *values;
    lua_Integer i, n = 1;

    lua_settop(L, 2);
    if (lua_isnil(L, 1)) {
        return luaL_error(L, "bad 'name' argument: string expected, got nil");
    }
    if (lua_isnil(L, 2)) {
        if (how == LCO_CHANGE_ADD) {
            return luaL_error(L, "bad 'value' argument: string or table "
                                 "expected, got nil");
        }
        n = 0;
    }
    else if (lua_istable(L, 2)) {
        n = luaL_len(L, 2);
        if (n <= 0 && how == LCO_CHANGE_ADD) {
            return luaL_error(L, "bad 'value' argument: non-empty table "
                                 "expected");
        }
        n = n < 0 ? 0 : n;
    }
    if (n > 10000) {
        return luaL_error(L, "too many header values");
    }
    /* The texts stay on the stack until httpd has its copies. */
    luaL_checkstack(L, (int) n + 8, "too many header values");
    values = lx_newuserdata(L, sizeof(*values) * (size_t) (n ? n : 1));
    push_text(L, 1, &name);
    if (lua_istable(L, 2)) {
        for (i = 0; i < n; i++) {
            lua_geti(L, 2, i + 1);
            push_text(L, -1, &values[i]);
            lua_remove(L, -2);
        }
    }
    else if (n) {
        push_text(L, 2, &values[0]);
    }
    if (req->r->proto_num < HTTP_VERSION(1, 0)) {
        return 0; /* HTTP/0.9 has no headers */
    }
    if (!lco_change_header(req, name, values, (int) n, how)) {
        return luaL_error(L, "failed to set header");
    }
    return 0;
}

/* ngx.req.set_header(name, value) */
static int req_set_header(lua_State *L)
{
    return change_header(L, LCO_CHANGE_SET);
}

/* ngx.req.clear_header(name) */
static int req_clear_header(lua_State *L)
{
    size_t len;

    lua_settop(L, 1);
    lco_api_tolstring(L, 1, &len); /* nil is a name, too */
    lua_replace(L, 1);
    return change_header(L, LCO_CHANGE_SET);
}

/* require("ngx.req").add_header(name, value) */
static int req_add_header(lua_State *L)
{
    return change_header(L, LCO_CHANGE_ADD);
}

static const luaL_Reg header_funcs[] = {
    {"raw_header", req_raw_header},
    {"set_header", req_set_header},
    {"clear_header", req_clear_header},
    {NULL, NULL},
};

static const luaL_Reg module_funcs[] = {
    {"add_header", req_add_header},
    {NULL, NULL},
};

void lco_api_add_req_headers(lua_State *L)
{
    luaL_setfuncs(L, header_funcs, 0);

    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, lco_api_headers_index);
    lua_setfield(L, -2, "__index");
    lua_pushcclosure(L, req_get_headers, 1);
    lua_setfield(L, -2, "get_headers");

    luaL_getsubtable(L, LUA_REGISTRYINDEX, "_LOADED");
    luaL_newlib(L, module_funcs);
    lco_api_add_version(L);
    lua_setfield(L, -2, "ngx.req");
    lua_pop(L, 1);
}

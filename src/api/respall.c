/* ngx.resp.get_headers, and the module "ngx.resp" with add_header.
 *
 * Thread: inside the VM, on the owner of the current request.
 */
#include "api/api.h"

#include "api/common.h"

#include <httpd.h>
#include <apr_lib.h>
#include <apr_tables.h>
#include <http_protocol.h>

#include <limits.h>
#include <string.h>

/* So many unless Lua asks for more. */
#define DEFAULT_MAX 100

/* What the reference tells of the connection and the framing by itself; httpd
 * has them in the table once the headers have gone. */
static int is_framing(const char *name)
{
    return ap_cstr_casecmp(name, "Connection") == 0 ||
           ap_cstr_casecmp(name, "Transfer-Encoding") == 0;
}

/* Will, or did, the connection stay open after this response?  As far as that
 * can be told before httpd decides it (ap_set_keepalive). */
static const char *connection_word(const lco_req *req)
{
    request_rec *r = req->r;
    const char *asked = apr_table_get(r->headers_in, "Connection");
    int keeps;

    if (r->status == HTTP_SWITCHING_PROTOCOLS) {
        return "upgrade";
    }
    if (r->connection->keepalive != AP_CONN_UNKNOWN) {
        keeps = r->connection->keepalive == AP_CONN_KEEPALIVE;
    }
    else if (!r->server->keep_alive ||
             (asked && ap_find_token(r->pool, asked, "close"))) {
        keeps = 0;
    }
    else {
        keeps = r->proto_num >= HTTP_VERSION(1, 1) ||
                (asked && ap_find_token(r->pool, asked, "keep-alive"));
    }
    return keeps ? "keep-alive" : "close";
}

typedef struct resp_fill {
    lua_State *L;
    int left; /* how many more may go in; at least one does */
    int raw;
    int full;
} resp_fill;

static void push_name(lua_State *L, const char *name, int raw)
{
    luaL_Buffer b;

    if (raw) {
        lua_pushstring(L, name);
        return;
    }
    luaL_buffinit(L, &b);
    for (; *name; name++) {
        luaL_addchar(&b, (char) apr_tolower(*name));
    }
    luaL_pushresult(&b);
}

/* The table is on the stack top.  Raises only out of memory, inside the
 * caller's protected call; apr_table_do holds nothing. */
static int take_header(void *data, const char *name, const char *value)
{
    resp_fill *fill = data;

    if (fill->full) {
        return 0;
    }
    if (!is_framing(name) && ap_cstr_casecmp(name, "Content-Type") != 0) {
        push_name(fill->L, name, fill->raw);
        lua_pushstring(fill->L, value);
        lco_api_addmulti(fill->L, -3);
        if (fill->left > 0 && --fill->left == 0) {
            fill->full = 1;
        }
    }
    return 1;
}

static int count_header(void *data, const char *name, const char *value)
{
    int *n = data;

    (void) value;
    *n += !is_framing(name) && ap_cstr_casecmp(name, "Content-Type") != 0;
    return 1;
}

static const char *content_type(const request_rec *r)
{
    return r->content_type ? r->content_type
                           : apr_table_get(r->headers_out, "Content-Type");
}

/* [-0, +0]  What is no entry of the tables, under names in lower case; how
 * many.  The table is on the stack top. */
static int put_extra(lua_State *L, const lco_req *req)
{
    const request_rec *r = req->r;
    const char *type = content_type(r);
    int n = 1;

    lua_pushstring(L, connection_word(req));
    lua_setfield(L, -2, "connection");
    if (type) {
        lua_pushstring(L, type);
        lua_setfield(L, -2, "content-type");
        n++;
    }
    if (r->chunked) {
        lua_pushliteral(L, "chunked");
        lua_setfield(L, -2, "transfer-encoding");
        n++;
    }
    return n;
}

/* ngx.resp.get_headers(max?, raw?): a table, and "truncated" if there were
 * more.  0 and anything negative: no limit.  Unless RAW the names are in lower
 * case, and looking one up finds it in any case and with underscores. */
static int resp_get_headers(lua_State *L)
{
    int max = DEFAULT_MAX, count = 0, extra;
    lco_req *req;
    request_rec *r;
    resp_fill fill;
    int truncated = 0;

    if (!lua_isnoneornil(L, 1)) {
        (void) lco_api_checknumber(L, 1);
        max = lco_api_toint(L, 1);
    }
    req = lco_api_http(L);
    r = req->r;
    fill.raw = lua_toboolean(L, 2);
    apr_table_do(count_header, &count, r->headers_out, NULL);
    apr_table_do(count_header, &count, r->err_headers_out, NULL);

    luaL_checkstack(L, 8, NULL);
    lua_createtable(L, 0, count + 3);
    if (!fill.raw) {
        lua_pushvalue(L, lua_upvalueindex(1));
        lua_setmetatable(L, -2);
    }
    extra = put_extra(L, req);
    fill.L = L;
    fill.left = -1;
    fill.full = 0;
    if (max > 0 && count + extra > max) {
        truncated = 1;
        fill.left = max > extra ? max - extra : 1;
    }
    apr_table_do(take_header, &fill, r->err_headers_out, NULL);
    apr_table_do(take_header, &fill, r->headers_out, NULL);
    if (truncated) {
        lua_pushliteral(L, "truncated");
        return 2;
    }
    return 1;
}

/* add_header(name, value): value is anything that has a tostring(), or an
 * array of such. */
static int resp_add_header(lua_State *L)
{
    lua_settop(L, 2);
    lua_pushnil(L); /* where ngx.header would be */
    lua_insert(L, 1);
    return lco_api_set_header(L, 1);
}

static int load_resp(lua_State *L)
{
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, resp_add_header);
    lua_setfield(L, -2, "add_header");
    lco_api_add_version(L);
    return 1;
}

void lco_api_open_respall(lua_State *L)
{
    lua_createtable(L, 0, 1);
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, lco_api_headers_index);
    lua_setfield(L, -2, "__index");
    lua_pushcclosure(L, resp_get_headers, 1);
    lua_setfield(L, -2, "get_headers");
    lua_setfield(L, -2, "resp");
    lco_api_preload(L, "ngx.resp", load_resp);
}

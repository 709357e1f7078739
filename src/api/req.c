/* ngx.req: method, version, start time; the other parts have files of their
 * own.
 *
 * Thread: inside the VM, on the owner of the current request.
 */
#include "api/api.h"

#include "api/common.h"
#include "api/req.h"
#include "req/change.h"

/* ngx.req.get_method() */
static int req_get_method(lua_State *L)
{
    lua_pushstring(L, lco_api_http(L)->r->method);
    return 1;
}

/* The methods by their bits: ngx.HTTP_GET is 1 << 1. */
static const char *const methods[] = {
    NULL,    "GET",    "HEAD",  "POST",    "PUT",      "DELETE",
    "MKCOL", "COPY",   "MOVE",  "OPTIONS", "PROPFIND", "PROPPATCH",
    "LOCK",  "UNLOCK", "PATCH", "TRACE",
};

/* ngx.req.set_method(ngx.HTTP_...) */
static int req_set_method(lua_State *L)
{
    lco_req *req = lco_api_http(L);
    size_t i, len;
    int number;

    if (lua_type(L, 1) != LUA_TNUMBER) {
        return luaL_error(L, "bad method number");
    }
    number = lco_api_toint(L, 1);
    for (i = 1; i < sizeof(methods) / sizeof(methods[0]); i++) {
        if (number == 1 << i) {
            lco_change_method(req, methods[i]);
            return 0;
        }
    }
    return luaL_error(L, "unsupported HTTP method: %s",
                      lco_api_tolstring(L, 1, &len));
}

/* ngx.req.http_version(): 2, 1.1, 1, 0.9 */
static int req_http_version(lua_State *L)
{
    int version = lco_api_http_or(L, "no request object found")->r->proto_num;

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

/* ngx.req.is_internal(): not what the client asked for. */
static int req_is_internal(lua_State *L)
{
    const lco_req *req = lco_api_http(L);

    lua_pushboolean(L, req->internal || req->r->prev || req->r->main);
    return 1;
}

static const luaL_Reg req_funcs[] = {
    {"get_method", req_get_method},     {"set_method", req_set_method},
    {"http_version", req_http_version}, {"start_time", req_start_time},
    {"is_internal", req_is_internal},   {NULL, NULL},
};

void lco_api_open_req(lua_State *L)
{
    luaL_newlib(L, req_funcs);
    lco_api_add_req_uri(L);
    lco_api_add_req_headers(L);
    lua_setfield(L, -2, "req");
}

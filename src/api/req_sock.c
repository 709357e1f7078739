/* ngx.req.socket: the client as a socket object.
 *
 * Its methods are those of other sockets (sock_read.c, sock_write.c): what
 * they read from and send to is req/down.c's.
 *
 * Thread: inside the VM, on the owner of the current request.
 */
#include "api/api.h"

#include "api/sock.h"
#include "req/body.h"
#include "req/down.h"
#include "req/input.h"
#include "req/outbox.h"

/* Names of the two metatables in the registry, by which libraries find them. */
#define BODY_META "__tcp_req_cosocket_mt"
#define RAW_META "__tcp_raw_req_cosocket_mt"

/* Why there is no socket for the body; NULL: there is. */
static const char *refuse_body(const lco_req *req, const lco_body *body)
{
    if (body->is_read) {
        return "request body already exists";
    }
    if (body->discarding) {
        return "request body discarded";
    }
    if (!lco_input_announced(req) || body->over) {
        return "no body";
    }
    return NULL;
}

/* The same for the raw one. */
static const char *refuse_raw(lco_req *req, const lco_body *body)
{
    if (body->wanted || (req->down && !req->raw && !lco_body_is_over(body))) {
        return "pending request body reading in some other thread";
    }
    if (!req->raw && lco_out_is_pending(req)) {
        return "pending data to write";
    }
    if (req->buffering) {
        return "http 1.0 buffering";
    }
    return req->raw ? "duplicate call" : NULL;
}

/* From now on there is no response. */
static void go_raw(lco_req *req, lco_body *body)
{
    request_rec *r = req->r;

    req->raw = 1;
    req->direct = 1;
    req->header_sent = 1;
    if (req->status_set) {
        lco_out_status(r, req->status_set);
    }
    r->expecting_100 = 0;
    body->discarding = 0;
    body->is_read = 1;
    body->over = 1;
}

/* ngx.req.socket(raw?): a socket to the client, or nil and "no body", "request
 * body already exists", "request body discarded"; for the raw one "pending
 * request body reading in some other thread", "pending data to write", "http
 * 1.0 buffering", "duplicate call". */
static int req_socket(lua_State *L)
{
    int nargs = lua_gettop(L), raw;
    const char *refused;
    lco_body *body;
    lco_link *link;
    lco_req *req;
    lco_sock *s;

    if (nargs > 1) {
        return luaL_error(L, "expecting 0 or 1 argument, but got %d", nargs);
    }
    raw = lua_toboolean(L, 1);
    req = lco_api_http(L);
    if (req->r->main || req->capture) {
        return luaL_error(L,
                          "attempt to read the request body in a subrequest");
    }
    if (raw && req->r->connection->master) {
        return luaL_error(L, "http v2 not supported yet");
    }
    lco_req_check_phase(L, req, LCO_OUTPUT);
    body = lco_body_of(req);
    if (!body) {
        return luaL_error(L, "no memory");
    }
    refused = raw ? refuse_raw(req, body) : refuse_body(req, body);
    if (refused) {
        return lco_api_fail(L, refused);
    }

    lua_createtable(L, 1, 0);
    lua_getfield(L, LUA_REGISTRYINDEX, raw ? RAW_META : BODY_META);
    lua_setmetatable(L, -2);
    s = lco_sock_new(L);
    lua_rawseti(L, -2, 1);
    /* Nothing raises any more. */
    link = lco_down_open(req, raw);
    if (raw) {
        go_raw(req, body);
    }
    else {
        body->is_read = 1;
    }
    s->read_only = !raw;
    lco_sock_adopt(s, req, link);
    return 1;
}

/* Makes a metatable of these methods of the one at MT. */
static void make_meta(lua_State *L, int mt, const char *name,
                      const char *const *methods)
{
    lua_createtable(L, 0, 8);
    for (; *methods; methods++) {
        lua_getfield(L, mt, *methods);
        lua_setfield(L, -2, *methods);
    }
    lua_pushvalue(L, -1);
    lua_setfield(L, -2, "__index");
    lua_setfield(L, LUA_REGISTRYINDEX, name);
}

void lco_api_open_req_sock(lua_State *L)
{
    static const char *const methods[] = {
        "send",       "receive",     "receiveany", "receiveuntil",
        "settimeout", "settimeouts", NULL,
    };
    int top = lua_gettop(L);

    lua_getfield(L, LUA_REGISTRYINDEX, "__tcp_cosocket_mt");
    make_meta(L, top + 1, RAW_META, methods);
    make_meta(L, top + 1, BODY_META, methods + 1);
    lua_settop(L, top);

    lua_getfield(L, -1, "req");
    lua_pushcfunction(L, req_socket);
    lua_setfield(L, -2, "socket");
    lua_pop(L, 1);
    LX_BALANCED(L, top, 0);
}

/* ngx.socket.udp.
 *
 * As with TCP sockets the object is a table whose field 1 is a userdata, which
 * belongs to the request that first gave it a peer.
 *
 * Thread: inside the VM; see sock.h.
 */
#include "api/sock.h"

#include <stddef.h>
#include <string.h>

#include "io/udp.h"

typedef struct udp_sock {
    lco_udp udp;
    lco_tie tie;
    unsigned used : 1, ended : 1;
    lco_wait *wait;
    lco_io result;
    lco_usec set_read, conf_read; /* as in lco_sock */
} udp_sock;

static const char meta_key, udata_key;

/* ---- the object ---- */

static int udp_gc(lua_State *L)
{
    udp_sock *s = lua_touserdata(L, 1);

    lco_req_untie(&s->tie);
    lco_udp_free(&s->udp);
    return 0;
}

static udp_sock *get(lua_State *L)
{
    udp_sock *s = NULL;

    if (lua_type(L, 1) != LUA_TTABLE) {
        lco_api_typeerror(L, 1, "table");
    }
    if (lua_rawgeti(L, 1, 1) == LUA_TUSERDATA && lua_getmetatable(L, -1)) {
        lua_rawgetp(L, LUA_REGISTRYINDEX, &udata_key);
        if (lua_rawequal(L, -1, -2)) {
            s = lua_touserdata(L, -3);
        }
        lua_pop(L, 2);
    }
    lua_pop(L, 1);
    return s;
}

/* The same, made if there is none.  Pushes the userdata. */
static udp_sock *obtain(lua_State *L)
{
    udp_sock *s = get(L);

    if (s) {
        lua_rawgeti(L, 1, 1);
        return s;
    }
    s = lx_newuserdata(L, sizeof(*s));
    memset(s, 0, sizeof(*s));
    lco_udp_init(&s->udp, lco_vm_of(L)->loop);
    s->udp.owner = s;
    lua_rawgetp(L, LUA_REGISTRYINDEX, &udata_key);
    lua_setmetatable(L, -2);
    lua_pushvalue(L, -1);
    lua_rawseti(L, 1, 1);
    return s;
}

/* The socket if it has a peer and is this request's; else NULL, with 2
 * results pushed. */
static udp_sock *usable(lua_State *L, lco_req *req, const char *what)
{
    udp_sock *s = get(L);

    if (!s || s->udp.fd < 0) {
        if (what) {
            lco_sock_loghost(req, "udp", what, 0);
        }
        lco_api_fail(L, "closed");
        return NULL;
    }
    if (!s->tie.req || !lco_req_is_same(s->tie.req, req)) {
        luaL_error(L, "bad request");
    }
    if (s->wait) {
        lco_sock_pushbusy(L, "", s->wait);
        return NULL;
    }
    return s;
}

/* ---- waiting ---- */

static void stop(lco_wait *w)
{
    udp_sock *s = w->data;

    s->wait = NULL;
    lco_udp_cancel(&s->udp);
    lco_udp_close(&s->udp);
}

static void drop(lco_wait *w)
{
    udp_sock *s = w->data;

    s->wait = NULL;
}

static int yield(lua_State *L, lco_req *req, udp_sock *s)
{
    if (!lua_isyieldable(L)) {
        lco_udp_cancel(&s->udp);
    }
    s->wait = lco_wait_new(req, lco_sock_checkco(L, req), stop);
    if (!s->wait) {
        lco_udp_cancel(&s->udp);
        return luaL_error(L, "no memory");
    }
    s->wait->data = s;
    s->wait->drop = drop;
    return lco_run_yield(L);
}

/* ---- setpeername ---- */

static int push_opened(lua_State *L, const udp_sock *s, lco_io rc)
{
    if (rc == LCO_IO_OK) {
        lua_pushinteger(L, 1);
        return 1;
    }
    return lco_io_pusherror(L, rc, s->udp.err, s->udp.target.name);
}

static int deliver_opened(lua_State *L, lco_wait *w)
{
    udp_sock *s = w->data;

    s->wait = NULL;
    return push_opened(L, s, s->result);
}

static void opened(lco_udp *udp, lco_io result)
{
    udp_sock *s = udp->owner;

    s->result = result;
    if (s->wait) {
        lco_wait_done(s->wait, deliver_opened);
    }
}

static void request_ended(lco_tie *t)
{
    udp_sock *s = (udp_sock *) (void *) ((char *) t - offsetof(udp_sock, tie));

    s->ended = 1;
    lco_udp_close(&s->udp);
}

static void apply_timeout(udp_sock *s)
{
    s->udp.read_timeout = s->set_read ? s->set_read : s->conf_read;
}

/* udpsock:setpeername(host, port), setpeername("unix:/path") */
static int udp_setpeername(lua_State *L)
{
    int nargs = lua_gettop(L), port = 0;
    const char *host, *err;
    lco_target target;
    lco_req *req;
    udp_sock *s;
    size_t len;
    lco_io rc;

    if (nargs != 2 && nargs != 3) {
        return luaL_error(L,
                          "ngx.socket.udp setpeername: expecting 2 or 3 "
                          "arguments (including the object), but seen %d",
                          nargs);
    }
    req = lco_api_req(L, LCO_YIELDABLE, "no request found");
    (void) get(L);
    host = luaL_checklstring(L, 2, &len);
    if (nargs == 3) {
        (void) lco_api_checknumber(L, 3);
        lua_pushnumber(L, lua_tonumber(L, 3));
        port = lco_api_toint(L, -1);
        lua_pop(L, 1);
        if (port < 0 || port > 65535) {
            lua_pushnil(L);
            lua_pushfstring(L, "bad port number: %d", port);
            return 2;
        }
    }
    s = obtain(L);
    if (s->ended || (s->tie.req && !lco_req_is_same(s->tie.req, req))) {
        return luaL_error(L, "bad request");
    }
    if (s->wait) {
        return lco_sock_pushbusy(L, "", s->wait);
    }
    lco_udp_close(&s->udp);
    s->conf_read = lco_conf_sock_time(req->dconf->sock_read_timeout);
    apply_timeout(s);
    err = lco_target_parse(&target, host, len, (unsigned short) port);
    if (err) {
        lua_pushnil(L);
        lua_pushfstring(L, "failed to parse host name \"%s\": %s", host, err);
        return 2;
    }
    if (!target.addr.len) {
        s->udp.resolve_timeout = lco_conf_resolver_timeout(req->dconf);
        s->udp.resolver = lco_sock_resolver(
            L, req->dconf->resolver ? req->dconf->resolver : "");
        if (!s->udp.resolver) {
            return luaL_error(L, "no memory");
        }
    }
    if (!s->used) {
        lco_req_tie(req, &s->tie, request_ended);
        s->used = 1;
    }
    rc = lco_udp_open(&s->udp, &target, opened);
    return rc == LCO_IO_WAIT ? yield(L, req, s) : push_opened(L, s, rc);
}

/* ---- datagrams ---- */

/* udpsock:send(data) */
static int udp_send(lua_State *L)
{
    int nargs = lua_gettop(L);
    lco_sock_text t;
    lco_req *req;
    udp_sock *s;
    lco_io rc;

    if (nargs != 2) {
        return luaL_error(
            L, "expecting 2 arguments (including the object), but got %d",
            nargs);
    }
    req = lco_req_check(L);
    s = usable(L, req, "attempt to send data on a closed socket");
    if (!s) {
        return 2;
    }
    lco_sock_text_open(L, 2, &t);
    rc = lco_udp_send(&s->udp, t.data, t.len);
    lco_sock_text_close(&t);
    return push_opened(L, s, rc);
}

static int push_datagram(lua_State *L, lco_req *req, const udp_sock *s,
                         lco_io rc)
{
    if (rc == LCO_IO_OK) {
        lua_pushlstring(L, s->udp.data, s->udp.len);
        return 1;
    }
    if (rc == LCO_IO_TIMEOUT) {
        lco_sock_loghost(req, "udp", "lua udp socket read timed out", 0);
    }
    else if (rc == LCO_IO_ERRNO) {
        lco_sock_loghost(req, "udp", "recv() failed", s->udp.err);
    }
    return lco_io_pusherror(L, rc, s->udp.err, s->udp.target.name);
}

static int deliver_datagram(lua_State *L, lco_wait *w)
{
    udp_sock *s = w->data;

    s->wait = NULL;
    return push_datagram(L, w->req, s, s->result);
}

static void received(lco_udp *udp, lco_io result)
{
    udp_sock *s = udp->owner;

    s->result = result;
    if (s->wait) {
        lco_wait_done(s->wait, deliver_datagram);
    }
}

/* udpsock:receive(size?) */
static int udp_receive(lua_State *L)
{
    int nargs = lua_gettop(L);
    size_t size = LCO_UDP_MAX;
    lua_Number n;
    lco_req *req;
    udp_sock *s;
    lco_io rc;

    if (nargs != 1 && nargs != 2) {
        return luaL_error(
            L, "expecting 1 or 2 arguments (including the object), but got %d",
            nargs);
    }
    req = lco_req_check(L);
    s = usable(L, req, "attempt to receive data on a closed socket");
    if (!s) {
        return 2;
    }
    if (nargs == 2 && !lua_isnil(L, 2)) {
        n = lco_api_checknumber(L, 2);
        if (n >= 0 && n < LCO_UDP_MAX) {
            size = (size_t) n;
        }
    }
    /* What is waited in stays on the stack. */
    lua_rawgeti(L, 1, 1);
    rc = lco_udp_recv(&s->udp, size, received);
    return rc == LCO_IO_WAIT ? yield(L, req, s) : push_datagram(L, req, s, rc);
}

/* ---- the rest ---- */

/* udpsock:bind(address) */
static int udp_bind(lua_State *L)
{
    int nargs = lua_gettop(L);
    const char *text;
    lco_addr addr;
    size_t len;

    if (nargs != 2) {
        return luaL_error(L, "expecting 2 arguments, but got %d", nargs);
    }
    (void) lco_api_req(L, LCO_YIELDABLE, "no request found");
    (void) get(L);
    text = luaL_checklstring(L, 2, &len);
    if (lco_addr_parse(&addr, text, len) != 0) {
        return lco_api_fail(L, "bad address");
    }
    obtain(L)->udp.local = addr;
    lua_pushinteger(L, 1);
    return 1;
}

/* udpsock:settimeout(ms) */
static int udp_settimeout(lua_State *L)
{
    int nargs = lua_gettop(L);
    lua_Number msec;
    udp_sock *s;

    if (nargs != 2) {
        return luaL_error(L,
                          "ngx.socket settimeout: expecting at least 2 "
                          "arguments (including the object) but seen %d",
                          nargs);
    }
    (void) get(L);
    msec = lua_tonumber(L, 2);
    s = obtain(L);
    s->set_read = msec >= 1 && msec < 2147483648.0 ? (lco_usec) msec * 1000 : 0;
    apply_timeout(s);
    return 0;
}

/* udpsock:close() */
static int udp_close(lua_State *L)
{
    int nargs = lua_gettop(L);
    lco_req *req;
    udp_sock *s;

    if (nargs != 1) {
        return luaL_error(
            L, "expecting 1 argument (including the object) but seen %d",
            nargs);
    }
    req = lco_req_check(L);
    s = usable(L, req, NULL);
    if (!s) {
        return 2;
    }
    lco_udp_close(&s->udp);
    lua_pushinteger(L, 1);
    return 1;
}

/* ngx.socket.udp() */
static int sock_udp(lua_State *L)
{
    int nargs = lua_gettop(L);

    if (nargs != 0) {
        return luaL_error(L, "expecting zero arguments, but got %d", nargs);
    }
    (void) lco_api_req(L, LCO_YIELDABLE, "no request found");
    lua_createtable(L, 3, 0);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &meta_key);
    lua_setmetatable(L, -2);
    return 1;
}

static const luaL_Reg udp_funcs[] = {
    {"setpeername", udp_setpeername},
    {"send", udp_send},
    {"receive", udp_receive},
    {"settimeout", udp_settimeout},
    {"close", udp_close},
    {"bind", udp_bind},
    {NULL, NULL},
};

void lco_sock_open_udp(lua_State *L)
{
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, udp_gc);
    lua_setfield(L, -2, "__gc");
    lua_rawsetp(L, LUA_REGISTRYINDEX, &udata_key);

    luaL_newlib(L, udp_funcs);
    lua_pushvalue(L, -1);
    lua_setfield(L, -2, "__index");
    lua_rawsetp(L, LUA_REGISTRYINDEX, &meta_key);

    lua_pushcfunction(L, sock_udp);
    lua_setfield(L, -2, "udp");
}

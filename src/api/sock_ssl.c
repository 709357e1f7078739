/* tcpsock:sslhandshake, setclientcert, settrustedstore, getssl*.
 *
 * Thread: inside the VM; see sock.h.
 */
#include "api/sock.h"

#include "api/ssl.h"
#include "io/tls.h"

#include <string.h>

/* ---- the handshake ---- */

static int push_session(lua_State *L, const lco_sock *s)
{
    void **p;

    if (s->no_session) {
        lua_pushboolean(L, 1);
        return 1;
    }
    p = lco_ssl_new(L, LCO_SSL_SESSION);
    *p = lco_tls_session(s->tcp.link);
    if (!*p) {
        lua_pushnil(L);
    }
    return 1;
}

static int push_result(lua_State *L, lco_req *req, const lco_sock *s,
                       lco_io result)
{
    if (result == LCO_IO_OK) {
        return push_session(L, s);
    }
    if (result == LCO_IO_TLS && s->tcp.tls_code) {
        lco_sock_log(req, s, s->tcp.tls_err, 0);
    }
    else if (result == LCO_IO_TIMEOUT) {
        lco_sock_log(req, s, "lua tcp socket ssl handshake timed out", 0);
    }
    return lco_sock_pusherror(L, s, result);
}

static int deliver(lua_State *L, lco_wait *w)
{
    lco_sock *s = w->data;

    s->wwait = NULL;
    s->conning = 0;
    return push_result(L, w->req, s, s->wresult);
}

/* tcpsock:sslhandshake(session?, server_name?, verify?, ask_status?) */
static int sock_sslhandshake(lua_State *L)
{
    int nargs = lua_gettop(L), busy;
    lco_tls_options o;
    const char *err;
    lco_req *req;
    lco_sock *s;
    SSL_CTX *ctx;
    lco_io rc;

    if (nargs < 1 || nargs > 5) {
        return luaL_error(L,
                          "ngx.socket sslhandshake: expecting 1 ~ 5 arguments "
                          "(including the object), but seen %d",
                          nargs);
    }
    lua_settop(L, 5);
    req = lco_req_check(L);
    lco_sock_checkself(L);
    memset(&o, 0, sizeof(o));
    o.session = lco_ssl_at(L, 2, LCO_SSL_SESSION);
    if (lua_toboolean(L, 3)) {
        o.server_name = luaL_checkstring(L, 3);
    }
    o.verify = lua_toboolean(L, 4);
    o.ask_status = lua_toboolean(L, 5);

    s = lco_sock_get(L, 1);
    if (!s || !s->used) {
        return luaL_error(L, "socket is never created nor connected");
    }
    if (!s->tcp.link || s->tcp.read_closed || s->tcp.write_closed) {
        return lco_api_fail(L, "closed");
    }
    if (!s->tie.req || !lco_req_is_same(s->tie.req, req)) {
        return lco_api_fail(L, "bad request");
    }
    busy = lco_sock_busy(
        L, s, LCO_BUSY_CONNECTING | LCO_BUSY_READING | LCO_BUSY_WRITING);
    if (busy) {
        return busy;
    }
    s->no_session = lua_isboolean(L, 2) && !lua_toboolean(L, 2);
    if (lco_tls_is_up(s->tcp.link)) {
        if (o.session) {
            lua_settop(L, 2);
            return 1;
        }
        return push_session(L, s);
    }
    if (lco_tcp_has_unread(&s->tcp)) {
        /* It came before the TLS connection and would be read as of it. */
        return lco_api_fail(L, "unread data in buffer");
    }
    ctx = lco_sock_tls_context(L, req, &err);
    if (!ctx) {
        return lco_api_fail(L, err);
    }
    /* Kept in the socket's table, as in the reference. */
    lua_rawgeti(L, 1, 6);
    lua_rawgeti(L, 1, 7);
    o.certs = lco_ssl_at(L, -2, LCO_SSL_CERTS);
    o.key = lco_ssl_at(L, -1, LCO_SSL_KEY);
    if (!o.key) {
        o.certs = NULL;
    }

    lua_rawgeti(L, 1, 1);
    /* For this handshake alone. */
    o.store = s->store;
    s->store = NULL;
    rc = lco_tcp_handshake(&s->tcp, ctx, &o, lco_sock_wdone);
    X509_STORE_free(o.store);
    if (rc != LCO_IO_WAIT) {
        return push_result(L, req, s, rc);
    }
    lco_sock_wait_write(L, req, s, deliver);
    s->conning = 1;
    return lco_run_yield(L);
}

/* The socket of getsslpointer() and its like if it is open; else NULL, with 2
 * results pushed. */
static lco_sock *open_socket(lua_State *L)
{
    lco_sock *s;

    lco_sock_checkself(L);
    s = lco_sock_get(L, 1);
    if (!s || !s->used) {
        luaL_error(L, "socket is never created nor connected");
        return NULL; /* for those who do not know that it raises */
    }
    if (!s->tcp.link || (s->tcp.read_closed && s->tcp.write_closed)) {
        lco_api_fail(L, "closed");
        return NULL;
    }
    return s;
}

/* tcpsock:getsslsession() */
static int sock_getsslsession(lua_State *L)
{
    const lco_sock *s = open_socket(L);
    void **p;

    if (!s) {
        return 2;
    }
    p = lco_ssl_new(L, LCO_SSL_SESSION);
    *p = lco_tls_is_up(s->tcp.link) ? lco_tls_session(s->tcp.link) : NULL;
    if (!*p) {
        return lco_api_fail(L, "no session");
    }
    if (!SSL_SESSION_is_resumable(*p)) {
        return lco_api_fail(L, "not resumable");
    }
    return 1;
}

/* tcpsock:getsslpointer(): the SSL *, for C functions. */
static int sock_getsslpointer(lua_State *L)
{
    const lco_sock *s = open_socket(L);

    if (!s) {
        return 2;
    }
    if (!lco_tls_ssl(s->tcp.link)) {
        return lco_api_fail(L, "no ssl connection");
    }
    lua_pushlightuserdata(L, lco_tls_ssl(s->tcp.link));
    return 1;
}

/* tcpsock:getsslctx(): the SSL_CTX *, for C functions. */
static int sock_getsslctx(lua_State *L)
{
    const lco_sock *s = open_socket(L);

    if (!s) {
        return 2;
    }
    if (!lco_tls_ssl(s->tcp.link)) {
        return lco_api_fail(L, "no ssl context");
    }
    lua_pushlightuserdata(L, SSL_get_SSL_CTX(lco_tls_ssl(s->tcp.link)));
    return 1;
}

/* tcpsock:settrustedstore(store): an X509_STORE * of a C function as light
 * userdata, for the next handshake; nil: none. */
static int sock_settrustedstore(lua_State *L)
{
    lco_req *req = lco_req_check(L);
    lco_sock *s;

    lua_settop(L, 2);
    lco_sock_checkself(L);
    s = lco_sock_get(L, 1);
    if (!s || !s->used) {
        return luaL_error(L, "socket is never created nor connected");
    }
    if (!lua_isnil(L, 2) && !lua_islightuserdata(L, 2)) {
        lua_pushnil(L);
        lua_pushfstring(L, "bad store arg: light userdata expected, got %s",
                        luaL_typename(L, 2));
        return 2;
    }
    if (!s->tcp.link || s->tcp.read_closed || s->tcp.write_closed) {
        return lco_api_fail(L, "closed");
    }
    if (!s->tie.req || !lco_req_is_same(s->tie.req, req)) {
        return lco_api_fail(L, "bad request");
    }
    if (lco_tls_is_up(s->tcp.link)) {
        return lco_api_fail(L, "ssl handshake already done; trusted store "
                               "cannot be changed on an established TLS "
                               "connection");
    }
    if (s->store) {
        X509_STORE_free(s->store);
    }
    s->store = lua_touserdata(L, 2);
    if (s->store) {
        X509_STORE_up_ref(s->store);
    }
    lua_pushboolean(L, 1);
    return 1;
}

/* tcpsock:setclientcert(cert, key): objects of ngx.ssl, or none. */
static int sock_setclientcert(lua_State *L)
{
    lua_settop(L, 3);
    lco_sock_checkself(L);
    if (!lua_toboolean(L, 2) && !lua_toboolean(L, 3)) {
        lua_pushnil(L);
        lua_rawseti(L, 1, 6);
        lua_pushnil(L);
        lua_rawseti(L, 1, 7);
        lua_pushboolean(L, 1);
        return 1;
    }
    if (!lua_toboolean(L, 2) || !lua_toboolean(L, 3)) {
        return lco_api_fail(L, "client certificate must be supplied with "
                               "corresponding private key");
    }
    if (!lco_ssl_at(L, 2, LCO_SSL_CERTS)) {
        lua_pushnil(L);
        lua_pushfstring(L, "bad cert arg: cdata expected, got %s",
                        luaL_typename(L, 2));
        return 2;
    }
    if (!lco_ssl_at(L, 3, LCO_SSL_KEY)) {
        lua_pushnil(L);
        lua_pushfstring(L, "bad pkey arg: cdata expected, got %s",
                        luaL_typename(L, 3));
        return 2;
    }
    lua_rawseti(L, 1, 7);
    lua_rawseti(L, 1, 6);
    lua_pushboolean(L, 1);
    return 1;
}

static const luaL_Reg sock_funcs[] = {
    {"sslhandshake", sock_sslhandshake},
    {"getsslsession", sock_getsslsession},
    {"setclientcert", sock_setclientcert},
    {"settrustedstore", sock_settrustedstore},
    {"getsslpointer", sock_getsslpointer},
    {"getsslctx", sock_getsslctx},
    {NULL, NULL},
};

void lco_sock_open_ssl(lua_State *L)
{
    luaL_setfuncs(L, sock_funcs, 0);
    lco_sock_open_tlsctx(L);
    lco_ssl_open(L);
}

/* tcpsock:sslhandshake, setclientcert, getsslsession; require "ngx.ssl".
 *
 * OpenSSL's objects that scripts hold are userdata of the kinds below; each
 * counts a reference of its own.
 *
 * Thread: inside the VM; see sock.h.
 */
#include "api/sock.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "io/tls.h"

/* Registry: the metatables of the kinds. */
static const char session_key, certs_key, pkey_key;

/* ---- objects ---- */

/* The object at IDX if it is of the kind KEY, else NULL. */
static void *object_at(lua_State *L, int idx, const char *key)
{
    void *p = NULL;

    idx = lua_absindex(L, idx);
    if (lua_type(L, idx) == LUA_TUSERDATA && lua_getmetatable(L, idx)) {
        lua_rawgetp(L, LUA_REGISTRYINDEX, key);
        if (lua_rawequal(L, -1, -2)) {
            p = *(void **) lua_touserdata(L, idx);
        }
        lua_pop(L, 2);
    }
    return p;
}

/* A userdata of the kind KEY, empty for now.  [-0, +1] */
static void **new_object(lua_State *L, const char *key)
{
    void **p = lx_newuserdata(L, sizeof(*p));

    *p = NULL;
    lua_rawgetp(L, LUA_REGISTRYINDEX, key);
    lua_setmetatable(L, -2);
    return p;
}

static int session_gc(lua_State *L)
{
    void **p = lua_touserdata(L, 1);

    SSL_SESSION_free(*p);
    *p = NULL;
    return 0;
}

static int certs_gc(lua_State *L)
{
    void **p = lua_touserdata(L, 1);

    sk_X509_pop_free(*p, X509_free);
    *p = NULL;
    return 0;
}

static int pkey_gc(lua_State *L)
{
    void **p = lua_touserdata(L, 1);

    EVP_PKEY_free(*p);
    *p = NULL;
    return 0;
}

/* ---- the handshake ---- */

static int push_session(lua_State *L, const lco_sock *s)
{
    void **p;

    if (s->no_session) {
        lua_pushboolean(L, 1);
        return 1;
    }
    p = new_object(L, &session_key);
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
    o.session = object_at(L, 2, &session_key);
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
    if (s->tie.req != req) {
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
    o.certs = object_at(L, -2, &certs_key);
    o.key = object_at(L, -1, &pkey_key);
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
    p = new_object(L, &session_key);
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
    if (s->tie.req != req) {
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
    if (!object_at(L, 2, &certs_key)) {
        lua_pushnil(L);
        lua_pushfstring(L, "bad cert arg: cdata expected, got %s",
                        luaL_typename(L, 2));
        return 2;
    }
    if (!object_at(L, 3, &pkey_key)) {
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

/* ---- ngx.ssl ---- */

static int no_phrase(char *buf, int size, int rwflag, void *data)
{
    (void) buf;
    (void) size;
    (void) rwflag;
    (void) data;
    return 0;
}

static BIO *bio_of(lua_State *L)
{
    size_t len;
    const char *data = luaL_checklstring(L, 1, &len);

    ERR_clear_error();
    return len > INT32_MAX ? NULL : BIO_new_mem_buf(data, (int) len);
}

/* ngx.ssl.parse_pem_cert(pem): the certificate and those above it */
static int ssl_parse_pem_cert(lua_State *L)
{
    void **p = new_object(L, &certs_key);
    BIO *bio = bio_of(L);
    STACK_OF(X509) * list;
    X509 *x;

    *p = list = sk_X509_new_null();
    while (bio && list && (x = PEM_read_bio_X509(bio, NULL, NULL, NULL))) {
        sk_X509_push(list, x);
    }
    BIO_free(bio);
    ERR_clear_error();
    if (!list || sk_X509_num(list) == 0) {
        return lco_api_fail(L, "PEM_read_bio_X509_AUX() failed");
    }
    return 1;
}

/* ngx.ssl.parse_der_cert(der) */
static int ssl_parse_der_cert(lua_State *L)
{
    void **p = new_object(L, &certs_key);
    BIO *bio = bio_of(L);
    STACK_OF(X509) * list;
    X509 *x;

    *p = list = sk_X509_new_null();
    while (bio && list && (x = d2i_X509_bio(bio, NULL))) {
        sk_X509_push(list, x);
    }
    BIO_free(bio);
    ERR_clear_error();
    if (!list || sk_X509_num(list) == 0) {
        return lco_api_fail(L, "d2i_X509_bio() failed");
    }
    return 1;
}

/* ngx.ssl.parse_pem_priv_key(pem) */
static int ssl_parse_pem_priv_key(lua_State *L)
{
    void **p = new_object(L, &pkey_key);
    BIO *bio = bio_of(L);

    *p = bio ? PEM_read_bio_PrivateKey(bio, NULL, no_phrase, NULL) : NULL;
    BIO_free(bio);
    ERR_clear_error();
    return *p ? 1 : lco_api_fail(L, "PEM_read_bio_PrivateKey() failed");
}

/* ngx.ssl.parse_der_priv_key(der) */
static int ssl_parse_der_priv_key(lua_State *L)
{
    void **p = new_object(L, &pkey_key);
    BIO *bio = bio_of(L);

    *p = bio ? d2i_PrivateKey_bio(bio, NULL) : NULL;
    BIO_free(bio);
    ERR_clear_error();
    return *p ? 1 : lco_api_fail(L, "d2i_PrivateKey_bio() failed");
}

/* Pushes what was written to BIO, or nil and ERR.  Frees BIO. */
static int push_bio(lua_State *L, BIO *bio, int ok, const char *err)
{
    char *data;
    long len = ok ? BIO_get_mem_data(bio, &data) : 0;

    if (len <= 0) {
        BIO_free(bio);
        ERR_clear_error();
        return lco_api_fail(L, err);
    }
    lua_pushlstring(L, data, (size_t) len);
    BIO_free(bio);
    return 1;
}

/* ngx.ssl.cert_pem_to_der(pem) */
static int ssl_cert_pem_to_der(lua_State *L)
{
    BIO *out;
    int i, ok = 1;
    STACK_OF(X509) * list;

    if (ssl_parse_pem_cert(L) != 1) {
        return 2;
    }
    list = *(void **) lua_touserdata(L, -1);
    out = BIO_new(BIO_s_mem());
    for (i = 0; out && ok && i < sk_X509_num(list); i++) {
        ok = i2d_X509_bio(out, sk_X509_value(list, i));
    }
    return push_bio(L, out, out && ok, "i2d_X509_bio() failed");
}

/* ngx.ssl.priv_key_pem_to_der(pem) */
static int ssl_priv_key_pem_to_der(lua_State *L)
{
    BIO *out;
    int ok;

    if (ssl_parse_pem_priv_key(L) != 1) {
        return 2;
    }
    out = BIO_new(BIO_s_mem());
    ok = out && i2d_PrivateKey_bio(out, *(void **) lua_touserdata(L, -1));
    return push_bio(L, out, ok, "i2d_PrivateKey_bio() failed");
}

static const luaL_Reg ssl_funcs[] = {
    {"parse_pem_cert", ssl_parse_pem_cert},
    {"parse_der_cert", ssl_parse_der_cert},
    {"parse_pem_priv_key", ssl_parse_pem_priv_key},
    {"parse_der_priv_key", ssl_parse_der_priv_key},
    {"cert_pem_to_der", ssl_cert_pem_to_der},
    {"priv_key_pem_to_der", ssl_priv_key_pem_to_der},
    {NULL, NULL},
};

static const luaL_Reg sock_funcs[] = {
    {"sslhandshake", sock_sslhandshake},
    {"getsslsession", sock_getsslsession},
    {"setclientcert", sock_setclientcert},
    {"settrustedstore", sock_settrustedstore},
    {"getsslpointer", sock_getsslpointer},
    {"getsslctx", sock_getsslctx},
    {NULL, NULL},
};

static void make_kind(lua_State *L, const char *key, lua_CFunction gc)
{
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, gc);
    lua_setfield(L, -2, "__gc");
    lua_rawsetp(L, LUA_REGISTRYINDEX, key);
}

void lco_sock_open_ssl(lua_State *L)
{
    luaL_setfuncs(L, sock_funcs, 0);
    make_kind(L, &session_key, session_gc);
    make_kind(L, &certs_key, certs_gc);
    make_kind(L, &pkey_key, pkey_gc);

    lco_sock_open_tlsctx(L);

    luaL_getsubtable(L, LUA_REGISTRYINDEX, "_LOADED");
    luaL_newlib(L, ssl_funcs);
    lua_setfield(L, -2, "ngx.ssl");
    lua_pop(L, 1);
}

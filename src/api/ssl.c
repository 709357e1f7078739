/* require "ngx.ssl": certificates and keys for tcpsock:setclientcert, and what
 * there is to know of the client's TLS connection.
 *
 * Its functions for the time of the client's handshake answer "bad request",
 * as they do in lua-nginx-module where there is none: Lua runs when mod_ssl is
 * done with it.
 *
 * Thread: inside the VM, on the owner of the current request.
 */
#include "api/ssl.h"

#include "api/api.h"
#include "req/vars.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>

/* ---- objects ---- */

/* Registry: the metatables of the kinds. */
static const char keys[LCO_SSL_KINDS];

void *lco_ssl_at(lua_State *L, int idx, lco_ssl_kind kind)
{
    void *p = NULL;

    idx = lua_absindex(L, idx);
    if (lua_type(L, idx) == LUA_TUSERDATA && lua_getmetatable(L, idx)) {
        lua_rawgetp(L, LUA_REGISTRYINDEX, &keys[kind]);
        if (lua_rawequal(L, -1, -2)) {
            p = *(void **) lua_touserdata(L, idx);
        }
        lua_pop(L, 2);
    }
    return p;
}

void **lco_ssl_new(lua_State *L, lco_ssl_kind kind)
{
    void **p = lx_newuserdata(L, sizeof(*p));

    *p = NULL;
    lua_rawgetp(L, LUA_REGISTRYINDEX, &keys[kind]);
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

static int key_gc(lua_State *L)
{
    void **p = lua_touserdata(L, 1);

    EVP_PKEY_free(*p);
    *p = NULL;
    return 0;
}

/* ---- reading certificates and keys ---- */

static const char *check_string(lua_State *L, int arg, size_t *len)
{
    if (lua_type(L, arg) != LUA_TSTRING) {
        lco_api_typeerror(L, arg, "string");
    }
    return lua_tolstring(L, arg, len);
}

/* Argument 1, to be read; NULL: no memory. */
static BIO *bio_of(lua_State *L)
{
    size_t len;
    const char *data = check_string(L, 1, &len);

    ERR_clear_error();
    return len > INT32_MAX ? NULL : BIO_new_mem_buf(data, (int) len);
}

/* Puts X on LIST.  1; 0: it is NULL; -1: no memory. */
static int take_cert(STACK_OF(X509) * list, X509 *x)
{
    if (!x) {
        return 0;
    }
    if (!sk_X509_push(list, x)) {
        X509_free(x);
        return -1;
    }
    return 1;
}

/* Was the last error that nothing more was there? */
static int at_end(void)
{
    unsigned long e = ERR_peek_last_error();

    return ERR_GET_LIB(e) == ERR_LIB_PEM &&
           ERR_GET_REASON(e) == PEM_R_NO_START_LINE;
}

/* ngx.ssl.parse_pem_cert(pem): the certificate and those above it */
static int ssl_parse_pem_cert(lua_State *L)
{
    void **p = lco_ssl_new(L, LCO_SSL_CERTS);
    BIO *bio = bio_of(L);
    STACK_OF(X509) *list = sk_X509_new_null();
    const char *err = NULL;
    int rc;

    *p = list;
    if (!bio || !list) {
        err = "no memory";
    }
    else if (take_cert(list, PEM_read_bio_X509_AUX(bio, NULL, NULL, NULL)) !=
             1) {
        err = "PEM_read_bio_X509_AUX() failed";
    }
    else {
        do {
            rc = take_cert(list, PEM_read_bio_X509(bio, NULL, NULL, NULL));
        } while (rc == 1);
        if (rc < 0 || !at_end()) {
            err = "PEM_read_bio_X509() failed";
        }
    }
    BIO_free(bio);
    ERR_clear_error();
    return err ? lco_api_fail(L, err) : 1;
}

/* ngx.ssl.parse_der_cert(der): one or several, one after the other */
static int ssl_parse_der_cert(lua_State *L)
{
    void **p = lco_ssl_new(L, LCO_SSL_CERTS);
    BIO *bio = bio_of(L);
    STACK_OF(X509) *list = sk_X509_new_null();
    int ok = bio && list;

    *p = list;
    do {
        ok = ok && take_cert(list, d2i_X509_bio(bio, NULL)) == 1;
    } while (ok && !BIO_eof(bio));
    BIO_free(bio);
    ERR_clear_error();
    return ok ? 1 : lco_api_fail(L, "d2i_X509_bio() failed");
}

/* What decrypts a key: the text DATA, NULL: nothing does. */
static int phrase(char *buf, int size, int rwflag, void *data)
{
    size_t len = data ? strlen(data) : 0;

    (void) rwflag;
    if (!len || len > (size_t) size) {
        return 0;
    }
    memcpy(buf, data, len);
    return (int) len;
}

/* Leaves the key, or nil and a message; 1 or 2. */
static int read_pem_key(lua_State *L, const char *secret)
{
    void **p = lco_ssl_new(L, LCO_SSL_KEY);
    BIO *bio = bio_of(L);

    if (bio) {
        *p = PEM_read_bio_PrivateKey(bio, NULL, phrase,
                                     (void *) (uintptr_t) secret);
    }
    BIO_free(bio);
    ERR_clear_error();
    return *p ? 1 : lco_api_fail(L, "PEM_read_bio_PrivateKey() failed");
}

/* ngx.ssl.parse_pem_priv_key(pem) */
static int ssl_parse_pem_priv_key(lua_State *L)
{
    return read_pem_key(L, NULL);
}

/* ngx.ssl.parse_der_priv_key(der) */
static int ssl_parse_der_priv_key(lua_State *L)
{
    void **p = lco_ssl_new(L, LCO_SSL_KEY);
    BIO *bio = bio_of(L);

    *p = bio ? d2i_PrivateKey_bio(bio, NULL) : NULL;
    BIO_free(bio);
    ERR_clear_error();
    return *p ? 1 : lco_api_fail(L, "d2i_PrivateKey_bio() failed");
}

/* A buffer that the collector frees: pushing a string may raise. */
static int bio_gc(lua_State *L)
{
    BIO **bio = lua_touserdata(L, 1);

    BIO_free(*bio);
    *bio = NULL;
    return 0;
}

static const char bio_key;

static BIO *new_bio(lua_State *L)
{
    BIO **bio = lx_newuserdata(L, sizeof(BIO *));

    *bio = NULL;
    lua_rawgetp(L, LUA_REGISTRYINDEX, &bio_key);
    lua_setmetatable(L, -2);
    *bio = BIO_new(BIO_s_mem());
    return *bio;
}

/* Pushes what was written to BIO, or nil and ERR. */
static int push_bio(lua_State *L, BIO *bio, int ok, const char *err)
{
    char *data;
    long len = ok ? BIO_get_mem_data(bio, &data) : 0;

    ERR_clear_error();
    if (len <= 0) {
        return lco_api_fail(L, err);
    }
    lua_pushlstring(L, data, (size_t) len);
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
    list = lco_ssl_at(L, -1, LCO_SSL_CERTS);
    out = new_bio(L);
    for (i = 0; out && ok && i < sk_X509_num(list); i++) {
        ok = i2d_X509_bio(out, sk_X509_value(list, i));
    }
    return push_bio(L, out, out && ok, "i2d_X509_bio() failed");
}

/* ngx.ssl.priv_key_pem_to_der(pem, passphrase?) */
static int ssl_priv_key_pem_to_der(lua_State *L)
{
    const char *secret = NULL;
    EVP_PKEY *key;
    BIO *out;
    int ok;

    if (!lua_isnoneornil(L, 2)) {
        secret = check_string(L, 2, NULL);
    }
    if (read_pem_key(L, secret) != 1) {
        return 2;
    }
    key = lco_ssl_at(L, -1, LCO_SSL_KEY);
    out = new_bio(L);
    ok = out && i2d_PrivateKey_bio(out, key);
    return push_bio(L, out, ok, "i2d_PrivateKey_bio() failed");
}

/* ---- the client's connection ---- */

/* The current request; NULL: there is none whose connection speaks TLS. */
static lco_req *tls_request(lua_State *L)
{
    lco_req *req = lco_req_get(L);

    if (!req) {
        if (lco_vm_of(L)->boot_phase == LCO_PHASE_INIT) {
            luaL_error(L, "no request found");
        }
        return NULL;
    }
    return lco_ssl_var(req, "SSL_PROTOCOL") ? req : NULL;
}

/* Its protocol, "TLSv1.2"; NULL: it has none. */
static const char *protocol_of(lua_State *L)
{
    lco_req *req = tls_request(L);

    return req ? lco_ssl_var(req, "SSL_PROTOCOL") : NULL;
}

static int bad_request(lua_State *L)
{
    return lco_api_fail(L, "bad request");
}

static const struct {
    const char *field, *name;
    int version;
} versions[] = {
    {"SSL3_VERSION", "SSLv3", SSL3_VERSION},
    {"TLS1_VERSION", "TLSv1", TLS1_VERSION},
    {"TLS1_1_VERSION", "TLSv1.1", TLS1_1_VERSION},
    {"TLS1_2_VERSION", "TLSv1.2", TLS1_2_VERSION},
    {"TLS1_3_VERSION", "TLSv1.3", TLS1_3_VERSION},
};

enum {
    VERSIONS = sizeof(versions) / sizeof(versions[0])
};

/* ngx.ssl.get_tls1_version(): 0x0303 for TLS 1.2 */
static int ssl_get_tls1_version(lua_State *L)
{
    const char *name = protocol_of(L);
    int i;

    for (i = 0; name && i < VERSIONS; i++) {
        if (strcmp(versions[i].name, name) == 0) {
            lua_pushinteger(L, versions[i].version);
            return 1;
        }
    }
    return bad_request(L);
}

/* ngx.ssl.get_tls1_version_str() */
static int ssl_get_tls1_version_str(lua_State *L)
{
    const char *name = protocol_of(L);

    if (!name) {
        return bad_request(L);
    }
    lua_pushstring(L, name);
    return 1;
}

/* ngx.ssl.server_name(): the name that the client asked for, or nil */
static int ssl_server_name(lua_State *L)
{
    lco_req *req = tls_request(L);

    if (!req) {
        return bad_request(L);
    }
    lua_pushstring(L, lco_ssl_var(req, "SSL_TLS_SNI"));
    return 1;
}

/* ngx.ssl.server_port() */
static int ssl_server_port(lua_State *L)
{
    const lco_req *req = tls_request(L);

    if (!req) {
        return bad_request(L);
    }
    lua_pushinteger(L, req->r->connection->local_addr->port);
    return 1;
}

/* The bytes of an address and "inet" or "inet6". */
static int push_address(lua_State *L, apr_sockaddr_t *addr)
{
    const char *bytes = addr->ipaddr_ptr;
    int len = addr->ipaddr_len;

#if APR_HAVE_IPV6
    if (addr->family == APR_INET6 &&
        IN6_IS_ADDR_V4MAPPED(&addr->sa.sin6.sin6_addr)) {
        bytes += len - 4;
        len = 4;
    }
#endif
    if (len != 4 && len != 16) {
        lua_pushnil(L);
        lua_pushnil(L);
        lua_pushfstring(L, "unknown address type: %d", (int) addr->family);
        return 3;
    }
    lua_pushlstring(L, bytes, (size_t) len);
    lua_pushstring(L, len == 4 ? "inet" : "inet6");
    return 2;
}

static int no_address(lua_State *L)
{
    lua_pushnil(L);
    bad_request(L);
    return 3;
}

/* ngx.ssl.raw_server_addr(): bytes, "inet" or "inet6" */
static int ssl_raw_server_addr(lua_State *L)
{
    const lco_req *req = tls_request(L);

    return req ? push_address(L, req->r->connection->local_addr)
               : no_address(L);
}

/* ngx.ssl.raw_client_addr() */
static int ssl_raw_client_addr(lua_State *L)
{
    const lco_req *req = tls_request(L);

    return req ? push_address(L, req->r->connection->client_addr)
               : no_address(L);
}

/* ---- for the time of its handshake ---- */

static int in_handshake(lua_State *L)
{
    (void) tls_request(L);
    return bad_request(L);
}

/* One function for each name: an argument's error is told by it. */
static int ssl_clear_certs(lua_State *L)
{
    return in_handshake(L);
}

static int ssl_set_der_cert(lua_State *L)
{
    check_string(L, 1, NULL);
    return in_handshake(L);
}

static int ssl_set_der_priv_key(lua_State *L)
{
    check_string(L, 1, NULL);
    return in_handshake(L);
}

static void check_kind(lua_State *L, lco_ssl_kind kind, const char *what)
{
    if (!lua_isnoneornil(L, 1) && !lco_ssl_at(L, 1, kind)) {
        lco_api_typeerror(L, 1, what);
    }
}

static int ssl_set_cert(lua_State *L)
{
    check_kind(L, LCO_SSL_CERTS, "certificate");
    return in_handshake(L);
}

static int ssl_set_priv_key(lua_State *L)
{
    check_kind(L, LCO_SSL_KEY, "private key");
    return in_handshake(L);
}

static int ssl_verify_client(lua_State *L)
{
    check_kind(L, LCO_SSL_CERTS, "certificate");
    (void) tls_request(L);
    return lco_api_fail(L, "API disabled in the current context");
}

static const luaL_Reg funcs[] = {
    {"parse_pem_cert", ssl_parse_pem_cert},
    {"parse_der_cert", ssl_parse_der_cert},
    {"parse_pem_priv_key", ssl_parse_pem_priv_key},
    {"parse_der_priv_key", ssl_parse_der_priv_key},
    {"cert_pem_to_der", ssl_cert_pem_to_der},
    {"priv_key_pem_to_der", ssl_priv_key_pem_to_der},
    {"get_tls1_version", ssl_get_tls1_version},
    {"get_tls1_version_str", ssl_get_tls1_version_str},
    {"server_name", ssl_server_name},
    {"server_port", ssl_server_port},
    {"raw_server_addr", ssl_raw_server_addr},
    {"raw_client_addr", ssl_raw_client_addr},
    {"clear_certs", ssl_clear_certs},
    {"set_der_cert", ssl_set_der_cert},
    {"set_der_priv_key", ssl_set_der_priv_key},
    {"set_cert", ssl_set_cert},
    {"set_priv_key", ssl_set_priv_key},
    {"verify_client", ssl_verify_client},
    {NULL, NULL},
};

static void make_kind(lua_State *L, const void *key, lua_CFunction gc)
{
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, gc);
    lua_setfield(L, -2, "__gc");
    lua_rawsetp(L, LUA_REGISTRYINDEX, key);
}

void lco_ssl_open(lua_State *L)
{
    int i;

    make_kind(L, &keys[LCO_SSL_SESSION], session_gc);
    make_kind(L, &keys[LCO_SSL_CERTS], certs_gc);
    make_kind(L, &keys[LCO_SSL_KEY], key_gc);
    make_kind(L, &bio_key, bio_gc);

    luaL_getsubtable(L, LUA_REGISTRYINDEX, "_LOADED");
    luaL_newlib(L, funcs);
    for (i = 0; i < VERSIONS; i++) {
        lua_pushinteger(L, versions[i].version);
        lua_setfield(L, -2, versions[i].field);
    }
    lua_setfield(L, -2, "ngx.ssl");
    lua_pop(L, 1);
}

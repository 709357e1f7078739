/* TLS on a connection.
 *
 * The hard thing is that reading may have to write and the other way round:
 * `cross_read` says that a read waits for room, `cross_write` that a write
 * waits for data, and link.c then wakes both sides by both events.
 */
#include "io/tls.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

struct lco_tls {
    SSL *ssl;
    int up;
    int verify;
    char *name; /* NULL: any */
};

/* ---- contexts ---- */

static void log_key(const SSL *ssl, const char *line)
{
    const lco_tls_settings *s =
        SSL_CTX_get_app_data(SSL_get_SSL_CTX((SSL *) (uintptr_t) ssl));
    char text[512];
    size_t len = strlen(line);

    /* One write for a line: children share the file. */
    if (s && s->key_log >= 0 && len < sizeof(text)) {
        memcpy(text, line, len);
        text[len] = '\n';
        if (write(s->key_log, text, len + 1) < 0) {
            return; /* nobody to tell */
        }
    }
}

static void set_protocols(SSL_CTX *ctx, unsigned protocols)
{
    static const struct {
        unsigned bit;
        uint64_t off;
    } all[] = {
        {LCO_TLS_SSL3, SSL_OP_NO_SSLv3},  {LCO_TLS_1_0, SSL_OP_NO_TLSv1},
        {LCO_TLS_1_1, SSL_OP_NO_TLSv1_1}, {LCO_TLS_1_2, SSL_OP_NO_TLSv1_2},
        {LCO_TLS_1_3, SSL_OP_NO_TLSv1_3},
    };
    size_t i;

    if (protocols == 0) {
        protocols = LCO_TLS_1_0 | LCO_TLS_1_1 | LCO_TLS_1_2 | LCO_TLS_1_3;
    }
    for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        if (!(protocols & all[i].bit)) {
            SSL_CTX_set_options(ctx, all[i].off);
        }
    }
}

static int set_store(SSL_CTX *ctx, const lco_tls_settings *s)
{
    X509_STORE *store = SSL_CTX_get_cert_store(ctx);
    int i;

    for (i = 0; i < sk_X509_num(s->trusted); i++) {
        if (!X509_STORE_add_cert(store, sk_X509_value(s->trusted, i))) {
            return 0;
        }
    }
    for (i = 0; i < sk_X509_CRL_num(s->crls); i++) {
        if (!X509_STORE_add_crl(store, sk_X509_CRL_value(s->crls, i))) {
            return 0;
        }
    }
    if (s->crls) {
        X509_STORE_set_flags(store,
                             X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
    }
    return 1;
}

/* The certificate on top, those above it. */
static int use_certs(SSL_CTX *ctx, SSL *ssl, STACK_OF(X509) * certs,
                     EVP_PKEY *key)
{
    X509 *leaf = sk_X509_value(certs, 0);
    int i, ok = ctx ? SSL_CTX_use_certificate(ctx, leaf)
                    : SSL_use_certificate(ssl, leaf);

    for (i = 1; ok && i < sk_X509_num(certs); i++) {
        X509 *x = sk_X509_value(certs, i);

        ok = ctx ? (int) SSL_CTX_add1_chain_cert(ctx, x)
                 : (int) SSL_add1_chain_cert(ssl, x);
    }
    return ok && (ctx ? SSL_CTX_use_PrivateKey(ctx, key)
                      : SSL_use_PrivateKey(ssl, key));
}

static int run_commands(SSL_CTX *ctx, const char *commands)
{
    SSL_CONF_CTX *conf = SSL_CONF_CTX_new();
    int ok = conf != NULL;

    if (ok) {
        SSL_CONF_CTX_set_flags(conf, SSL_CONF_FLAG_FILE | SSL_CONF_FLAG_CLIENT |
                                         SSL_CONF_FLAG_CERTIFICATE |
                                         SSL_CONF_FLAG_SHOW_ERRORS);
        SSL_CONF_CTX_set_ssl_ctx(conf, ctx);
        while (ok && *commands) {
            const char *value = commands + strlen(commands) + 1;

            ok = SSL_CONF_cmd(conf, commands, value) > 0;
            commands = value + strlen(value) + 1;
        }
        ok = ok && SSL_CONF_CTX_finish(conf);
        SSL_CONF_CTX_free(conf);
    }
    return ok;
}

SSL_CTX *lco_tls_context(const lco_tls_settings *s, const char **err)
{
    SSL_CTX *ctx;

    ERR_clear_error();
    *err = "no memory";
    ctx = SSL_CTX_new(TLS_client_method());
    if (!ctx) {
        return NULL;
    }
    /* A peer that closes without saying so is no error here, as in the
     * reference. */
    SSL_CTX_set_options(ctx, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                 SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE |
                              SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                              SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_min_proto_version(ctx, 0);
    set_protocols(ctx, s->protocols);
    SSL_CTX_set_verify_depth(ctx, s->verify_depth < 0 ? 1 : s->verify_depth);
    SSL_CTX_set_app_data(ctx, (void *) (uintptr_t) s);
    if (s->key_log >= 0) {
        SSL_CTX_set_keylog_callback(ctx, log_key);
    }
    *err = NULL;
    if (s->ciphers && !SSL_CTX_set_cipher_list(ctx, s->ciphers)) {
        *err = "no cipher of the list is known";
    }
    else if (!set_store(ctx, s)) {
        *err = "the trusted certificates cannot be used";
    }
    else if (s->certs && !use_certs(ctx, NULL, s->certs, s->key)) {
        *err = "the certificate and its key cannot be used";
    }
    else if (s->commands && !run_commands(ctx, s->commands)) {
        *err = "OpenSSL does not know the command or its value";
    }
    ERR_clear_error();
    if (*err) {
        SSL_CTX_free(ctx);
        return NULL;
    }
    return ctx;
}

/* ---- the handshake ---- */

static const char *prepare(lco_link *l, SSL *ssl, const lco_tls_options *o)
{
    if (!SSL_set_fd(ssl, l->fd)) {
        return "failed to create ssl connection";
    }
    SSL_set_connect_state(ssl);
    if (o->session && !SSL_set_session(ssl, o->session)) {
        return "ssl set session failed";
    }
    if (o->certs && !use_certs(NULL, ssl, o->certs, o->key)) {
        return "ssl set client certificate failed";
    }
    if (o->server_name && !SSL_set_tlsext_host_name(ssl, o->server_name)) {
        return "SSL_set_tlsext_host_name failed";
    }
    if (o->store && !SSL_set1_verify_cert_store(ssl, o->store)) {
        return "SSL_set1_verify_cert_store() failed";
    }
    if (o->ask_status) {
        SSL_set_tlsext_status_type(ssl, TLSEXT_STATUSTYPE_ocsp);
    }
    return NULL;
}

const char *lco_tls_start(lco_link *l, SSL_CTX *ctx, const lco_tls_options *o)
{
    lco_tls *t = calloc(1, sizeof(*t));
    const char *err;

    if (!t) {
        return "no memory";
    }
    ERR_clear_error();
    t->verify = o->verify;
    t->ssl = SSL_new(ctx);
    err = t->ssl ? prepare(l, t->ssl, o) : "failed to create ssl connection";
    if (!err && o->server_name && *o->server_name) {
        t->name = strdup(o->server_name);
        if (!t->name) {
            err = "no memory";
        }
    }
    ERR_clear_error();
    if (err) {
        SSL_free(t->ssl);
        free(t);
        return err;
    }
    l->tls = t;
    return NULL;
}

int lco_tls_is_up(const lco_link *l)
{
    return l->tls && l->tls->up;
}

SSL *lco_tls_ssl(const lco_link *l)
{
    return l->tls ? l->tls->ssl : NULL;
}

SSL_SESSION *lco_tls_session(const lco_link *l)
{
    return l->tls ? SSL_get1_session(l->tls->ssl) : NULL;
}

/* OpenSSL waits for the socket: remembers for what.  0 if it does not. */
static int waits(lco_link *l, int rc, int reading)
{
    switch (SSL_get_error(l->tls->ssl, rc)) {
    case SSL_ERROR_WANT_READ:
        l->readable = 0;
        l->cross_write = !reading;
        return 1;
    case SSL_ERROR_WANT_WRITE:
        l->writable = 0;
        l->cross_read = reading ? 1 : 0;
        return 1;
    default:
        return 0;
    }
}

static lco_io check_peer(const lco_tls *t, const char **err, long *code)
{
    X509 *cert;
    int same;

    *code = SSL_get_verify_result(t->ssl);
    if (*code != X509_V_OK) {
        *err = X509_verify_cert_error_string(*code);
        return LCO_IO_TLS;
    }
    if (!t->name) {
        return LCO_IO_OK;
    }
    cert = SSL_get_peer_certificate(t->ssl);
    same =
        cert && X509_check_host(cert, t->name, strlen(t->name), 0, NULL) == 1;
    X509_free(cert);
    if (!same) {
        *err = "certificate host mismatch";
        return LCO_IO_TLS;
    }
    return LCO_IO_OK;
}

lco_io lco_tls_handshake(lco_link *l, const char **err, long *code)
{
    lco_tls *t = l->tls;
    int rc;

    *code = 0;
    ERR_clear_error();
    rc = SSL_do_handshake(t->ssl);
    if (rc != 1) {
        if (waits(l, rc, 1)) {
            return LCO_IO_WAIT;
        }
        ERR_clear_error();
        *err = "handshake failed";
        return LCO_IO_TLS;
    }
    t->up = 1;
    l->cross_read = l->cross_write = 0;
    return t->verify ? check_peer(t, err, code) : LCO_IO_OK;
}

/* ---- data ---- */

int lco_tls_has_pending(const lco_link *l)
{
    return l->tls && SSL_has_pending(l->tls->ssl);
}

/* What an operation that gave RC and does not wait came to. */
static ssize_t failed(const lco_link *l, int rc)
{
    int err = errno;

    switch (SSL_get_error(l->tls->ssl, rc)) {
    case SSL_ERROR_ZERO_RETURN:
        return 0;
    case SSL_ERROR_SYSCALL:
        if (!err) {
            return 0;
        }
        break;
    default:
        err = EPROTO;
        break;
    }
    ERR_clear_error();
    errno = err;
    return -1;
}

static int clip(size_t len)
{
    return len < INT_MAX ? (int) len : INT_MAX;
}

ssize_t lco_tls_recv(lco_link *l, void *buf, size_t len)
{
    int n;

    if (!l->readable && !SSL_has_pending(l->tls->ssl) &&
        !(l->cross_read && l->writable)) {
        errno = EAGAIN;
        return -1;
    }
    l->cross_read = 0;
    ERR_clear_error();
    errno = 0;
    n = SSL_read(l->tls->ssl, buf, clip(len));
    if (n > 0) {
        return n;
    }
    if (waits(l, n, 1)) {
        errno = EAGAIN;
        return -1;
    }
    return failed(l, n);
}

ssize_t lco_tls_send(lco_link *l, const void *buf, size_t len)
{
    ssize_t rc;
    int n;

    if (!l->writable && !(l->cross_write && l->readable)) {
        errno = EAGAIN;
        return -1;
    }
    l->cross_write = 0;
    ERR_clear_error();
    errno = 0;
    n = SSL_write(l->tls->ssl, buf, clip(len));
    if (n > 0) {
        return n;
    }
    if (waits(l, n, 0)) {
        errno = EAGAIN;
        return -1;
    }
    rc = failed(l, n);
    if (rc == 0) {
        errno = EPIPE;
        rc = -1;
    }
    return rc;
}

void lco_tls_close(lco_link *l)
{
    lco_tls *t = l->tls;

    if (!t) {
        return;
    }
    /* No close-notify is sent or waited for; the session stays good. */
    SSL_set_quiet_shutdown(t->ssl, 1);
    SSL_set_shutdown(t->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    SSL_free(t->ssl);
    free(t->name);
    free(t);
    l->tls = NULL;
}

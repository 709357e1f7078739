/* TLS on a connection, by OpenSSL: the client's side.
 *
 * Thread: with the VM entered.  Each call into OpenSSL begins with an empty
 * error queue, which belongs to the thread and is shared with mod_ssl.
 */
#ifndef LCO_IO_TLS_H
#define LCO_IO_TLS_H

#include <openssl/ssl.h>

#include "io/io.h"
#include "io/link.h"

/* What the configuration says; all of its memory is the configuration's. */
typedef struct lco_tls_settings {
    STACK_OF(X509) * trusted;  /* NULL: none */
    STACK_OF(X509_CRL) * crls; /* NULL: none */
    STACK_OF(X509) * certs;    /* ours, then those above it; NULL: none */
    EVP_PKEY *key;
    int verify_depth;     /* -1: 1 */
    unsigned protocols;   /* LCO_TLS_*, 0: all from TLSv1 on */
    const char *ciphers;  /* NULL: OpenSSL's */
    const char *commands; /* "NAME\0VALUE\0...\0", NULL: none */
    int key_log;          /* descriptor, -1: none */
} lco_tls_settings;

enum {
    LCO_TLS_SSL3 = 1,
    LCO_TLS_1_0 = 2,
    LCO_TLS_1_1 = 4,
    LCO_TLS_1_2 = 8,
    LCO_TLS_1_3 = 16
};

/* What one handshake asks for. */
typedef struct lco_tls_options {
    const char *server_name; /* NULL: none */
    SSL_SESSION *session;    /* to be resumed, NULL: none */
    STACK_OF(X509) * certs;  /* instead of the settings'; NULL: those */
    EVP_PKEY *key;
    X509_STORE *store; /* trusted, instead of the settings'; NULL: those */
    int verify;
    int ask_status; /* OCSP */
} lco_tls_options;

/* A context for these settings.  Any thread.  NULL: *ERR says why (a text of
 * OpenSSL or of ours, static). */
SSL_CTX *lco_tls_context(const lco_tls_settings *s, const char **err);

/* Gives L a TLS layer; the handshake is still to be made.  NULL, or what went
 * wrong (static). */
const char *lco_tls_start(lco_link *l, SSL_CTX *ctx, const lco_tls_options *o);
/* Goes on with the handshake: OK, WAIT, or TLS with *ERR (static) and *CODE,
 * the number of a failed verification or 0. */
lco_io lco_tls_handshake(lco_link *l, const char **err, long *code);
int lco_tls_is_up(const lco_link *l);
/* The session, to be freed with SSL_SESSION_free(), or NULL. */
SSL_SESSION *lco_tls_session(const lco_link *l);
SSL *lco_tls_ssl(const lco_link *l);

/* As lco_link_recv() and _send(), which call them. */
ssize_t lco_tls_recv(lco_link *l, void *buf, size_t len);
ssize_t lco_tls_send(lco_link *l, const void *buf, size_t len);
/* Has OpenSSL data that the socket will not tell of? */
int lco_tls_has_pending(const lco_link *l);
void lco_tls_close(lco_link *l);

#endif

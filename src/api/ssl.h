/* OpenSSL's objects that scripts hold, as userdata of one kind each; each
 * counts a reference of its own.
 *
 * Thread: inside the VM, on the owner of the current request.
 */
#ifndef LCO_API_SSL_H
#define LCO_API_SSL_H

#include "api/common.h"

#include <openssl/ssl.h>

typedef enum lco_ssl_kind {
    LCO_SSL_SESSION, /* SSL_SESSION * */
    LCO_SSL_CERTS,   /* STACK_OF(X509) *: the certificate, those above it */
    LCO_SSL_KEY,     /* EVP_PKEY * */
    LCO_SSL_KINDS
} lco_ssl_kind;

/* The object at IDX if it is of that kind, else NULL. */
void *lco_ssl_at(lua_State *L, int idx, lco_ssl_kind kind);

/* A userdata of that kind, whose reference to what is put into it becomes the
 * collector's.  [-0, +1] */
LX_RAISES void **lco_ssl_new(lua_State *L, lco_ssl_kind kind);

/* Makes the kinds, and what `require "ngx.ssl"` gives. */
LX_RAISES void lco_ssl_open(lua_State *L);

#endif

/* Variables of a request: nginx's built-in ones as far as httpd has the thing,
 * and the request's environment for every other name.
 *
 * Thread: inside the VM, on the owner of the request.
 */
#ifndef LCO_REQ_VARS_H
#define LCO_REQ_VARS_H

#include "req/req.h"

/* Which nginx and lua-nginx-module this behaves as, for scripts that ask. */
#define LCO_NGINX_VERSION 1029002
#define LCO_NGINX_VERSION_TEXT "1.29.2"
#define LCO_NGX_LUA_VERSION 10030

/* A value.  `data` may point into `buf`, to the request's memory or to a
 * constant: use it before anything of the request changes. */
typedef struct lco_var {
    const char *data;
    apr_size_t len;
    char buf[64];
} lco_var;

typedef enum lco_var_set_result {
    LCO_VAR_SET,
    LCO_VAR_READONLY, /* a built-in that cannot change */
    LCO_VAR_COMPUTED, /* http_*, arg_*...: read from somewhere else */
    LCO_VAR_UNFIT     /* the value holds a NUL byte: httpd has C strings */
} lco_var_set_result;

/* Reads the variable NAME (any case).  Returns 1 with VAR filled, or 0 where
 * there is none.  Formatted values use no pool memory, joined ones r->pool. */
int lco_var_get(lco_req *req, const char *name, apr_size_t len, lco_var *var);

/* Writes NAME; VALUE NULL removes it. */
lco_var_set_result lco_var_set(lco_req *req, const char *name, apr_size_t len,
                               const char *value, apr_size_t value_len);

/* What lco_var_set() would say of NAME, for LuaCoSet.  Any thread. */
lco_var_set_result lco_var_settable(const char *name);

/* Capture N of the <LocationMatch> (or <Location ~>) in which the running code
 * stands, matched against the request's URI as it is now.  N counts from 1; 1
 * with VAR filled, or 0. */
int lco_var_capture(lco_req *req, int n, lco_var *var);

/* What mod_ssl knows of the client's connection by the name NAME
 * ("SSL_PROTOCOL"), in the request's memory; NULL: nothing, or no TLS. */
const char *lco_ssl_var(lco_req *req, const char *name);

#endif

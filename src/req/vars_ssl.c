/* ngx.var: TLS, as mod_ssl tells it; SSLOptions need not export anything.
 *
 * Thread: inside the VM, on the owner of the request.
 */
#include "req/vars_priv.h"
#include "req/vars.h"

#include "util/digest.h"
#include "util/encode.h"
#include "util/escape.h"

#include <ap_mmn.h>
#include <apr_strings.h>

#include <string.h>

#if AP_MODULE_MAGIC_AT_LEAST(20120211, 105)

#include <http_ssl.h>

const char *lco_ssl_var(lco_req *req, const char *name)
{
    request_rec *r = req->r;
    const char *value;

    if (!ap_ssl_conn_is_ssl(r->connection)) {
        return NULL;
    }
    value = ap_ssl_var_lookup(r->pool, r->server, r->connection, r, name);
    return value && *value ? value : NULL;
}

#else

const char *lco_ssl_var(lco_req *req, const char *name)
{
    return apr_table_get(req->r->subprocess_env, name);
}

#endif

#define SSL_VAR(var_name, name)                                                \
    int lco_var_##var_name(lco_req *req, lco_var *var)                         \
    {                                                                          \
        return lco_give_string(var, lco_ssl_var(req, name));                   \
    }

SSL_VAR(ssl_cipher, "SSL_CIPHER")
SSL_VAR(ssl_client_i_dn, "SSL_CLIENT_I_DN")
SSL_VAR(ssl_client_raw_cert, "SSL_CLIENT_CERT")
SSL_VAR(ssl_client_s_dn, "SSL_CLIENT_S_DN")
SSL_VAR(ssl_client_serial, "SSL_CLIENT_M_SERIAL")
SSL_VAR(ssl_client_v_end, "SSL_CLIENT_V_END")
SSL_VAR(ssl_client_v_remain, "SSL_CLIENT_V_REMAIN")
SSL_VAR(ssl_client_v_start, "SSL_CLIENT_V_START")
SSL_VAR(ssl_client_verify, "SSL_CLIENT_VERIFY")
SSL_VAR(ssl_protocol, "SSL_PROTOCOL")
SSL_VAR(ssl_server_name, "SSL_TLS_SNI")
SSL_VAR(ssl_session_id, "SSL_SESSION_ID")

/* "r" or "." */
int lco_var_ssl_session_reused(lco_req *req, lco_var *var)
{
    const char *resumed = lco_ssl_var(req, "SSL_SESSION_RESUMED");

    return resumed ? lco_give_string(var, strcmp(resumed, "Resumed") == 0 ? "r"
                                                                          : ".")
                   : 0;
}

/* A header's value: every line but the first begins with a tab, and the last
 * line end is left out. */
int lco_var_ssl_client_cert(lco_req *req, lco_var *var)
{
    const char *pem = lco_ssl_var(req, "SSL_CLIENT_CERT");
    apr_size_t len, i;
    char *out, *d;

    if (!pem) {
        return 0;
    }
    len = strlen(pem);
    if (pem[len - 1] == '\n') {
        len--;
    }
    d = out = apr_palloc(req->r->pool, 2 * len + 1);
    for (i = 0; i < len; i++) {
        *d++ = pem[i];
        if (pem[i] == '\n') {
            *d++ = '\t';
        }
    }
    return lco_give(var, out, (apr_size_t) (d - out));
}

int lco_var_ssl_client_escaped_cert(lco_req *req, lco_var *var)
{
    const char *pem = lco_ssl_var(req, "SSL_CLIENT_CERT");
    apr_size_t len = pem ? strlen(pem) : 0;
    char *out;

    if (!pem) {
        return 0;
    }
    out = apr_palloc(req->r->pool,
                     lco_escape_uri_len(pem, len, LCO_ESCAPE_COMPONENT) + 1);
    return lco_give(var, out,
                    lco_escape_uri(out, pem, len, LCO_ESCAPE_COMPONENT));
}

/* SHA-1 of the certificate in DER, which is what PEM encodes. */
int lco_var_ssl_client_fingerprint(lco_req *req, lco_var *var)
{
    const char *pem = lco_ssl_var(req, "SSL_CLIENT_CERT");
    const char *from = pem ? strchr(pem, '\n') : NULL;
    const char *to = from ? strstr(from, "-----END") : NULL;
    unsigned char sha1[LCO_SHA1_SIZE];
    apr_size_t len;
    char *der;

    if (!to) {
        return 0;
    }
    der = apr_palloc(req->r->pool,
                     lco_base64_decoded_max((apr_size_t) (to - from)));
    len =
        lco_base64_decode(der, from, (apr_size_t) (to - from), LCO_BASE64_MIME);
    if (len == LCO_DECODE_FAILED) {
        return 0;
    }
    lco_sha1(sha1, der, len);
    return lco_give_buf(var, (int) lco_hex_encode(var->buf, (const char *) sha1,
                                                  LCO_SHA1_SIZE));
}

/* The directives of TLS on cosockets, for the table in conf_cmds.c.
 *
 * Main thread of the parent, while the configuration is read.
 */
#ifndef LCO_HTTPD_CONF_SSL_H
#define LCO_HTTPD_CONF_SSL_H

#include "httpd/conf.h"

const char *lco_conf_set_ssl_trusted(cmd_parms *cmd, void *dconf,
                                     const char *arg);
const char *lco_conf_set_ssl_crl(cmd_parms *cmd, void *dconf, const char *arg);
const char *lco_conf_set_ssl_certificate(cmd_parms *cmd, void *dconf,
                                         const char *arg);
const char *lco_conf_set_ssl_key(cmd_parms *cmd, void *dconf, const char *arg);
const char *lco_conf_set_ssl_depth(cmd_parms *cmd, void *dconf,
                                   const char *arg);
const char *lco_conf_set_ssl_protocols(cmd_parms *cmd, void *dconf,
                                       const char *arg);
const char *lco_conf_set_ssl_ciphers(cmd_parms *cmd, void *dconf,
                                     const char *arg);
const char *lco_conf_set_ssl_key_log(cmd_parms *cmd, void *dconf,
                                     const char *arg);
const char *lco_conf_set_ssl_command(cmd_parms *cmd, void *dconf,
                                     const char *name, const char *value);

/* What ADD says laid over what BASE says; either may be NULL. */
const lco_tls_settings *lco_conf_merge_ssl(apr_pool_t *pool,
                                           const lco_tls_settings *base,
                                           const lco_tls_settings *add);

#define LCO_CONF_SSL_CMDS(where)                                               \
    AP_INIT_TAKE1("LuaCoSslTrustedCertificate", lco_conf_set_ssl_trusted,      \
                  NULL, where,                                                 \
                  "a file of certificates that cosockets trust, in PEM"),      \
        AP_INIT_TAKE1("LuaCoSslCrl", lco_conf_set_ssl_crl, NULL, where,        \
                      "a file of revocation lists, in PEM"),                   \
        AP_INIT_TAKE1("LuaCoSslCertificate", lco_conf_set_ssl_certificate,     \
                      NULL, where,                                             \
                      "a file with the certificate that cosockets show, and "  \
                      "those above it, in PEM"),                               \
        AP_INIT_TAKE1("LuaCoSslCertificateKey", lco_conf_set_ssl_key, NULL,    \
                      where, "the file with the certificate's key, in PEM"),   \
        AP_INIT_TAKE1("LuaCoSslVerifyDepth", lco_conf_set_ssl_depth, NULL,     \
                      where, "how long a chain of certificates may be"),       \
        AP_INIT_ITERATE("LuaCoSslProtocols", lco_conf_set_ssl_protocols, NULL, \
                        where,                                                 \
                        "SSLv3, TLSv1, TLSv1.1, TLSv1.2 and TLSv1.3: those "   \
                        "allowed"),                                            \
        AP_INIT_TAKE1("LuaCoSslCiphers", lco_conf_set_ssl_ciphers, NULL,       \
                      where, "ciphers, as OpenSSL writes them"),               \
        AP_INIT_TAKE1("LuaCoSslKeyLog", lco_conf_set_ssl_key_log, NULL, where, \
                      "a file that gets the keys of all TLS connections"),     \
        AP_INIT_TAKE2("LuaCoSslConfCommand", lco_conf_set_ssl_command, NULL,   \
                      where,                                                   \
                      "a command of OpenSSL's configuration, and its "         \
                      "value")

#endif

/* The directives of TLS on cosockets.
 *
 * Files are read while the configuration is, by the user that starts httpd:
 * keys may be root's alone, and what is wrong with a file is said at once.
 * The OpenSSL context is made in the child, when it is first used; each
 * directive makes one here to try its value.
 *
 * Main thread of the parent; the merge on any thread, in each request.
 */
#include "httpd/conf_ssl.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <apr_strings.h>
#include <http_core.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "io/tls.h"

static const lco_tls_settings none = {.verify_depth = -1, .key_log = -1};

/* The settings of the section, to be changed; NULL with *ERR where the
 * directive may not stand. */
static lco_tls_settings *own(cmd_parms *cmd, void *dconf, const char **err)
{
    lco_dir_conf *d = dconf;

    *err = ap_check_cmd_context(cmd,
                                NOT_IN_LIMIT | NOT_IN_PROXY | NOT_IN_HTACCESS);
    if (*err) {
        return NULL;
    }
    if (!d->tls) {
        d->tls = apr_pmemdup(cmd->pool, &none, sizeof(none));
    }
    return (lco_tls_settings *) (apr_uintptr_t) d->tls;
}

/* ---- files ---- */

static apr_status_t free_certs(void *data)
{
    sk_X509_pop_free(data, X509_free);
    return APR_SUCCESS;
}

static apr_status_t free_crls(void *data)
{
    sk_X509_CRL_pop_free(data, X509_CRL_free);
    return APR_SUCCESS;
}

static apr_status_t free_key(void *data)
{
    EVP_PKEY_free(data);
    return APR_SUCCESS;
}

/* Opens the file ARG, or says why not. */
static BIO *open_file(cmd_parms *cmd, const char *arg, const char **err)
{
    const char *path = ap_server_root_relative(cmd->pool, arg);
    BIO *bio = path ? BIO_new_file(path, "r") : NULL;
    int rc = errno;

    *err = NULL;
    ERR_clear_error();
    if (!bio) {
        *err =
            apr_psprintf(cmd->pool, "%s: cannot open '%s': %s", cmd->cmd->name,
                         arg, path ? strerror(rc) : "invalid file path");
    }
    return bio;
}

static const char *no_pem(cmd_parms *cmd, const char *arg, const char *what)
{
    ERR_clear_error();
    return apr_psprintf(cmd->pool, "%s: no %s in '%s'", cmd->cmd->name, what,
                        arg);
}

static const char *read_certs(cmd_parms *cmd, const char *arg,
                              STACK_OF(X509) * *certs)
{
    const char *err;
    BIO *bio = open_file(cmd, arg, &err);
    X509 *x;

    if (err) {
        return err;
    }
    *certs = sk_X509_new_null();
    while ((x = PEM_read_bio_X509(bio, NULL, NULL, NULL))) {
        sk_X509_push(*certs, x);
    }
    BIO_free(bio);
    ERR_clear_error();
    apr_pool_cleanup_register(cmd->pool, *certs, free_certs,
                              apr_pool_cleanup_null);
    return sk_X509_num(*certs) ? NULL : no_pem(cmd, arg, "certificate");
}

const char *lco_conf_set_ssl_trusted(cmd_parms *cmd, void *dconf,
                                     const char *arg)
{
    const char *err;
    lco_tls_settings *s = own(cmd, dconf, &err);

    return s ? read_certs(cmd, arg, &s->trusted) : err;
}

const char *lco_conf_set_ssl_certificate(cmd_parms *cmd, void *dconf,
                                         const char *arg)
{
    const char *err;
    lco_tls_settings *s = own(cmd, dconf, &err);

    return s ? read_certs(cmd, arg, &s->certs) : err;
}

const char *lco_conf_set_ssl_crl(cmd_parms *cmd, void *dconf, const char *arg)
{
    const char *err;
    lco_tls_settings *s = own(cmd, dconf, &err);
    BIO *bio = s ? open_file(cmd, arg, &err) : NULL;
    X509_CRL *crl;

    if (!s || err) {
        return err;
    }
    s->crls = sk_X509_CRL_new_null();
    while ((crl = PEM_read_bio_X509_CRL(bio, NULL, NULL, NULL))) {
        sk_X509_CRL_push(s->crls, crl);
    }
    BIO_free(bio);
    ERR_clear_error();
    apr_pool_cleanup_register(cmd->pool, s->crls, free_crls,
                              apr_pool_cleanup_null);
    return sk_X509_CRL_num(s->crls) ? NULL
                                    : no_pem(cmd, arg, "revocation list");
}

/* A key that wants a pass phrase gets none: httpd has no terminal. */
static int no_phrase(char *buf, int size, int rwflag, void *data)
{
    (void) buf;
    (void) size;
    (void) rwflag;
    (void) data;
    return 0;
}

const char *lco_conf_set_ssl_key(cmd_parms *cmd, void *dconf, const char *arg)
{
    const char *err;
    lco_tls_settings *s = own(cmd, dconf, &err);
    BIO *bio = s ? open_file(cmd, arg, &err) : NULL;

    if (!s || err) {
        return err;
    }
    s->key = PEM_read_bio_PrivateKey(bio, NULL, no_phrase, NULL);
    BIO_free(bio);
    if (!s->key) {
        return no_pem(cmd, arg, "key without a pass phrase");
    }
    apr_pool_cleanup_register(cmd->pool, s->key, free_key,
                              apr_pool_cleanup_null);
    return NULL;
}

static apr_status_t close_key_log(void *data)
{
    close(*(int *) data);
    return APR_SUCCESS;
}

const char *lco_conf_set_ssl_key_log(cmd_parms *cmd, void *dconf,
                                     const char *arg)
{
    const char *err, *path;
    lco_tls_settings *s = own(cmd, dconf, &err);
    int *fd;

    if (!s) {
        return err;
    }
    path = ap_server_root_relative(cmd->pool, arg);
    fd = apr_palloc(cmd->pool, sizeof(*fd));
    *fd =
        path ? open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600) : -1;
    if (*fd < 0) {
        return apr_psprintf(cmd->pool, "%s: cannot open '%s': %s",
                            cmd->cmd->name, arg, strerror(errno));
    }
    apr_pool_cleanup_register(cmd->pool, fd, close_key_log,
                              apr_pool_cleanup_null);
    s->key_log = *fd;
    return NULL;
}

/* ---- values ---- */

const char *lco_conf_set_ssl_depth(cmd_parms *cmd, void *dconf, const char *arg)
{
    const char *err;
    lco_tls_settings *s = own(cmd, dconf, &err);
    size_t len = strlen(arg);

    if (!s) {
        return err;
    }
    if (len == 0 || len > 3 || strspn(arg, "0123456789") != len) {
        return apr_psprintf(cmd->pool,
                            "%s must be a whole number from 0 to 999, not '%s'",
                            cmd->cmd->name, arg);
    }
    s->verify_depth = atoi(arg);
    return NULL;
}

const char *lco_conf_set_ssl_protocols(cmd_parms *cmd, void *dconf,
                                       const char *arg)
{
    static const struct {
        const char *name;
        unsigned bit;
    } all[] = {
        {"SSLv3", LCO_TLS_SSL3},  {"TLSv1", LCO_TLS_1_0},
        {"TLSv1.1", LCO_TLS_1_1}, {"TLSv1.2", LCO_TLS_1_2},
        {"TLSv1.3", LCO_TLS_1_3},
    };
    const char *err;
    lco_tls_settings *s = own(cmd, dconf, &err);
    size_t i;

    if (!s) {
        return err;
    }
    for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        if (ap_cstr_casecmp(arg, all[i].name) == 0) {
            s->protocols |= all[i].bit;
            return NULL;
        }
    }
    return apr_psprintf(cmd->pool,
                        "%s: there is no protocol '%s' but SSLv3, TLSv1, "
                        "TLSv1.1, TLSv1.2 and TLSv1.3",
                        cmd->cmd->name, arg);
}

/* Does OpenSSL take these settings? */
static const char *try(cmd_parms *cmd, const lco_tls_settings *s,
                       const char *arg)
{
    const char *err;
    SSL_CTX *ctx = lco_tls_context(s, &err);

    if (!ctx) {
        return apr_psprintf(cmd->pool, "%s: '%s': %s", cmd->cmd->name, arg,
                            err);
    }
    SSL_CTX_free(ctx);
    return NULL;
}

const char *lco_conf_set_ssl_ciphers(cmd_parms *cmd, void *dconf,
                                     const char *arg)
{
    const char *err;
    lco_tls_settings *s = own(cmd, dconf, &err);
    lco_tls_settings only = none;

    if (!s) {
        return err;
    }
    only.ciphers = s->ciphers = apr_pstrdup(cmd->pool, arg);
    return try(cmd, &only, arg);
}

const char *lco_conf_set_ssl_command(cmd_parms *cmd, void *dconf,
                                     const char *name, const char *value)
{
    const char *err;
    lco_tls_settings *s = own(cmd, dconf, &err);
    lco_tls_settings only = none;
    const char *end;
    apr_size_t old, nlen = strlen(name), vlen = strlen(value);
    char *all;

    if (!s) {
        return err;
    }
    for (end = s->commands; end && *end; end += strlen(end) + 1) {
        continue;
    }
    old = s->commands ? (apr_size_t) (end - s->commands) : 0;
    all = apr_pcalloc(cmd->pool, old + nlen + vlen + 3);
    if (old) {
        memcpy(all, s->commands, old);
    }
    memcpy(all + old, name, nlen);
    memcpy(all + old + nlen + 1, value, vlen);
    s->commands = all;
    only.commands = all + old;
    return try(cmd, &only, name);
}

const lco_tls_settings *lco_conf_merge_ssl(apr_pool_t *pool,
                                           const lco_tls_settings *base,
                                           const lco_tls_settings *add)
{
    lco_tls_settings *s;

    if (!base || !add) {
        return add ? add : base;
    }
    s = apr_pmemdup(pool, base, sizeof(*base));
    if (add->trusted) {
        s->trusted = add->trusted;
    }
    if (add->crls) {
        s->crls = add->crls;
    }
    if (add->certs) {
        s->certs = add->certs;
    }
    if (add->key) {
        s->key = add->key;
    }
    if (add->verify_depth >= 0) {
        s->verify_depth = add->verify_depth;
    }
    if (add->protocols) {
        s->protocols = add->protocols;
    }
    if (add->ciphers) {
        s->ciphers = add->ciphers;
    }
    if (add->commands) {
        s->commands = add->commands;
    }
    if (add->key_log >= 0) {
        s->key_log = add->key_log;
    }
    return s;
}

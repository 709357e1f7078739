/* Variables of a request: see vars.h.  docs/variables.md is the list for
 * users, the table here the list for the code.
 *
 * A name is looked up among the built-ins, then by its prefix (http_, arg_,
 * cookie_, sent_http_, sent_trailer_), then in the request's environment,
 * where SetEnvIf, SetEnv, mod_rewrite and Lua put theirs.
 *
 * Thread: inside the VM, on the owner of the request.
 */
#include "req/vars_priv.h"

#include "req/capture.h"
#include "req/head.h"

#include <apr_lib.h>
#include <apr_strings.h>

#include <stdlib.h>
#include <string.h>

/* ---- results ---- */

int lco_give_string(lco_var *var, const char *s)
{
    return s ? lco_give(var, s, strlen(s)) : 0;
}

int lco_give_buf(lco_var *var, int len)
{
    return lco_give(var, var->buf, (apr_size_t) len);
}

int lco_give_number(lco_var *var, apr_int64_t n)
{
    return lco_give_buf(
        var, apr_snprintf(var->buf, sizeof(var->buf), "%" APR_INT64_T_FMT, n));
}

int lco_give_seconds(lco_var *var, apr_time_t usec)
{
    return lco_give_buf(var, apr_snprintf(var->buf, sizeof(var->buf),
                                          "%" APR_TIME_T_FMT ".%03d",
                                          apr_time_sec(usec),
                                          (int) apr_time_msec(usec)));
}

request_rec *lco_var_original(request_rec *r)
{
    return lco_head_request(r);
}

int lco_var_dashes(const char *name, char *out)
{
    for (; *name; name++) {
        if (*name == '-') {
            return 0;
        }
        *out++ = *name == '_' ? '-' : *name;
    }
    *out = '\0';
    return 1;
}

/* ---- the tables ---- */

static const struct var_prefix {
    const char *prefix;
    lco_var_family_fn *get;
} prefixes[] = {
    {"http_", lco_var_http},
    {"arg_", lco_var_arg},
    {"cookie_", lco_var_cookie},
    {"sent_http_", lco_var_sent_http},
    {"sent_trailer_", lco_var_sent_trailer},
};

typedef struct var_builtin {
    const char *name;
    lco_var_get_fn *get;
    lco_var_set_fn *set; /* NULL: it cannot be written */
} var_builtin;

/* Sorted by name, for bsearch().  Those without a function are built-ins of
 * nginx's prefixes that it does not let scripts write (http_host and so on):
 * their value is found by the prefix. */
static const var_builtin builtins[] = {
    {"args", lco_var_args, lco_var_set_args},
    {"binary_remote_addr", lco_var_binary_remote_addr, NULL},
    {"body_bytes_sent", lco_var_body_bytes_sent, NULL},
    {"bytes_sent", lco_var_body_bytes_sent, NULL},
    {"connection", lco_var_connection, NULL},
    {"connection_requests", lco_var_connection_requests, NULL},
    {"content_length", lco_var_content_length, NULL},
    {"content_type", lco_var_content_type, NULL},
    {"document_root", lco_var_document_root, NULL},
    {"document_uri", lco_var_uri, NULL},
    {"host", lco_var_host, NULL},
    {"hostname", lco_var_hostname, NULL},
    {"http2", lco_var_http2, NULL},
    {"http3", lco_var_empty, NULL},
    {"http_cookie", NULL, NULL},
    {"http_host", NULL, NULL},
    {"http_referer", NULL, NULL},
    {"http_user_agent", NULL, NULL},
    {"http_via", NULL, NULL},
    {"http_x_forwarded_for", NULL, NULL},
    {"https", lco_var_https, NULL},
    {"is_args", lco_var_is_args, NULL},
    {"limit_rate", lco_var_limit_rate, lco_var_set_limit_rate},
    {"msec", lco_var_msec, NULL},
    {"nginx_version", lco_var_nginx_version, NULL},
    {"pid", lco_var_pid, NULL},
    {"proxy_add_x_forwarded_for", lco_var_proxy_add_x_forwarded_for, NULL},
    {"proxy_host", lco_var_proxy_host, NULL},
    {"proxy_port", lco_var_proxy_port, NULL},
    {"query_string", lco_var_args, NULL},
    {"quic", lco_var_empty, NULL},
    {"realip_remote_addr", lco_var_realip_remote_addr, NULL},
    {"realip_remote_port", lco_var_realip_remote_port, NULL},
    {"remote_addr", lco_var_remote_addr, NULL},
    {"remote_port", lco_var_remote_port, NULL},
    {"remote_user", lco_var_remote_user, NULL},
    {"request", lco_var_request, NULL},
    {"request_body", lco_var_request_body, NULL},
    {"request_body_file", lco_var_request_body_file, NULL},
    {"request_completion", lco_var_request_completion, NULL},
    {"request_filename", lco_var_request_filename, NULL},
    {"request_id", lco_var_request_id, NULL},
    {"request_length", lco_var_request_length, NULL},
    {"request_method", lco_var_request_method, NULL},
    {"request_time", lco_var_request_time, NULL},
    {"request_uri", lco_var_request_uri, NULL},
    {"scheme", lco_var_scheme, NULL},
    {"sent_http_cache_control", NULL, NULL},
    {"sent_http_connection", NULL, NULL},
    {"sent_http_content_length", NULL, NULL},
    {"sent_http_content_type", NULL, NULL},
    {"sent_http_keep_alive", NULL, NULL},
    {"sent_http_last_modified", NULL, NULL},
    {"sent_http_link", NULL, NULL},
    {"sent_http_location", NULL, NULL},
    {"sent_http_transfer_encoding", NULL, NULL},
    {"server_addr", lco_var_server_addr, NULL},
    {"server_name", lco_var_server_name, NULL},
    {"server_port", lco_var_server_port, NULL},
    {"server_protocol", lco_var_server_protocol, NULL},
    {"ssl_cipher", lco_var_ssl_cipher, NULL},
    {"ssl_client_cert", lco_var_ssl_client_cert, NULL},
    {"ssl_client_escaped_cert", lco_var_ssl_client_escaped_cert, NULL},
    {"ssl_client_fingerprint", lco_var_ssl_client_fingerprint, NULL},
    {"ssl_client_i_dn", lco_var_ssl_client_i_dn, NULL},
    {"ssl_client_raw_cert", lco_var_ssl_client_raw_cert, NULL},
    {"ssl_client_s_dn", lco_var_ssl_client_s_dn, NULL},
    {"ssl_client_serial", lco_var_ssl_client_serial, NULL},
    {"ssl_client_v_end", lco_var_ssl_client_v_end, NULL},
    {"ssl_client_v_remain", lco_var_ssl_client_v_remain, NULL},
    {"ssl_client_v_start", lco_var_ssl_client_v_start, NULL},
    {"ssl_client_verify", lco_var_ssl_client_verify, NULL},
    {"ssl_protocol", lco_var_ssl_protocol, NULL},
    {"ssl_server_name", lco_var_ssl_server_name, NULL},
    {"ssl_session_id", lco_var_ssl_session_id, NULL},
    {"ssl_session_reused", lco_var_ssl_session_reused, NULL},
    {"status", lco_var_status, NULL},
    {"tcpinfo_rcv_space", lco_var_tcpinfo_rcv_space, NULL},
    {"tcpinfo_rtt", lco_var_tcpinfo_rtt, NULL},
    {"tcpinfo_rttvar", lco_var_tcpinfo_rttvar, NULL},
    {"tcpinfo_snd_cwnd", lco_var_tcpinfo_snd_cwnd, NULL},
    {"time_iso8601", lco_var_time_iso8601, NULL},
    {"time_local", lco_var_time_local, NULL},
    {"upstream_addr", lco_var_upstream_addr, NULL},
    {"upstream_status", lco_var_upstream_status, NULL},
    {"uri", lco_var_uri, NULL},
};

static int compare_names(const void *key, const void *element)
{
    return strcmp(key, ((const var_builtin *) element)->name);
}

static const var_builtin *find_builtin(const char *name)
{
    return bsearch(name, builtins, sizeof(builtins) / sizeof(builtins[0]),
                   sizeof(builtins[0]), compare_names);
}

static const struct var_prefix *find_prefix(const char *name)
{
    size_t i;

    for (i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
        if (!strncmp(name, prefixes[i].prefix, strlen(prefixes[i].prefix))) {
            return &prefixes[i];
        }
    }
    return NULL;
}

/* NAME in lower case into LOW (LCO_VAR_NAME_MAX + 1 bytes).  0 if it cannot be
 * a variable's. */
static int normalize(const char *name, apr_size_t len, char *low)
{
    apr_size_t i;

    if (!len || len > LCO_VAR_NAME_MAX || memchr(name, 0, len)) {
        return 0;
    }
    for (i = 0; i < len; i++) {
        low[i] = (char) apr_tolower(name[i]);
    }
    low[len] = '\0';
    return 1;
}

int lco_var_get(lco_req *req, const char *name, apr_size_t len, lco_var *var)
{
    char low[LCO_VAR_NAME_MAX + 1];
    const var_builtin *builtin;
    const struct var_prefix *prefix;

    if (!normalize(name, len, low)) {
        return 0;
    }
    builtin = find_builtin(low);
    if (builtin && builtin->get) {
        return builtin->get(req, var);
    }
    prefix = find_prefix(low);
    if (prefix) {
        name = low + strlen(prefix->prefix);
        return *name ? prefix->get(req, name, var) : 0;
    }
    return lco_give_string(var, apr_table_get(req->r->subprocess_env, low));
}

lco_var_set_result lco_var_set(lco_req *req, const char *name, apr_size_t len,
                               const char *value, apr_size_t value_len)
{
    char low[LCO_VAR_NAME_MAX + 1];
    const var_builtin *builtin;
    request_rec *r = req->r;

    if (!normalize(name, len, low)) {
        return LCO_VAR_COMPUTED;
    }
    builtin = find_builtin(low);
    if (builtin && !builtin->set) {
        return LCO_VAR_READONLY;
    }
    if (!builtin && find_prefix(low)) {
        return LCO_VAR_COMPUTED;
    }
    if (value && memchr(value, 0, value_len)) {
        return LCO_VAR_UNFIT;
    }
    if (builtin) {
        builtin->set(req, value, value_len);
    }
    else if (value) {
        /* the name as written: CGI scripts see it in that case */
        apr_table_set(r->subprocess_env, apr_pstrmemdup(r->pool, name, len),
                      value);
    }
    else {
        apr_table_unset(r->subprocess_env, low);
    }
    if (!builtin && req->capture && req->capture->share_vars) {
        lco_capture_wrote(req->capture, low);
    }
    return LCO_VAR_SET;
}

lco_var_set_result lco_var_settable(const char *name)
{
    char low[LCO_VAR_NAME_MAX + 1];
    const var_builtin *builtin;

    if (!normalize(name, strlen(name), low)) {
        return LCO_VAR_COMPUTED;
    }
    builtin = find_builtin(low);
    if (builtin) {
        return builtin->set ? LCO_VAR_SET : LCO_VAR_READONLY;
    }
    return find_prefix(low) ? LCO_VAR_COMPUTED : LCO_VAR_SET;
}

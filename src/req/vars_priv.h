/* What the files of ngx.var share; vars.c looks names up, the others compute
 * values by topic.
 *
 * Thread: inside the VM, on the owner of the request.
 */
#ifndef LCO_REQ_VARS_PRIV_H
#define LCO_REQ_VARS_PRIV_H

#include <apr_tables.h>

#include "req/vars.h"

enum {
    /* Longer names are names of nothing. */
    LCO_VAR_NAME_MAX = 255
};

/* Fills VAR and returns 1, or 0 where there is nothing. */
typedef int lco_var_get_fn(lco_req *req, lco_var *var);
/* The same for a family; NAME is in lower case and without the prefix. */
typedef int lco_var_family_fn(lco_req *req, const char *name, lco_var *var);
/* Takes the value, NULL: none; it has no NUL byte and ends in one. */
typedef void lco_var_set_fn(lco_req *req, const char *value, apr_size_t len);

/* ---- results, vars.c ---- */

static inline int lco_give(lco_var *var, const char *data, apr_size_t len)
{
    var->data = data;
    var->len = len;
    return 1;
}

/* NULL: nothing. */
int lco_give_string(lco_var *var, const char *s);
/* What has been formatted into var->buf. */
int lco_give_buf(lco_var *var, int len);
int lco_give_number(lco_var *var, apr_int64_t n);
/* USEC microseconds as seconds with milliseconds. */
int lco_give_seconds(lco_var *var, apr_time_t usec);

/* The request that the client made: $request and $request_uri stay what they
 * were through internal redirects and in subrequests. */
request_rec *lco_var_original(request_rec *r);

/* NAME with dashes for its underscores into OUT (LCO_VAR_NAME_MAX + 1 bytes).
 * 0 if it has dashes itself: there is no such variable. */
int lco_var_dashes(const char *name, char *out);

/* ---- vars_request.c ---- */

lco_var_get_fn lco_var_uri, lco_var_args, lco_var_is_args, lco_var_request,
    lco_var_request_uri, lco_var_request_method, lco_var_server_protocol,
    lco_var_scheme, lco_var_https, lco_var_http2, lco_var_empty, lco_var_host,
    lco_var_content_length, lco_var_content_type, lco_var_document_root,
    lco_var_request_filename, lco_var_remote_user, lco_var_request_id,
    lco_var_request_length, lco_var_request_body, lco_var_request_body_file,
    lco_var_request_time, lco_var_limit_rate, lco_var_server_name;
lco_var_set_fn lco_var_set_args, lco_var_set_limit_rate;
lco_var_family_fn lco_var_http, lco_var_arg, lco_var_cookie;

/* ---- vars_conn.c ---- */

lco_var_get_fn lco_var_remote_addr, lco_var_binary_remote_addr,
    lco_var_remote_port, lco_var_realip_remote_addr, lco_var_realip_remote_port,
    lco_var_server_addr, lco_var_server_port, lco_var_connection,
    lco_var_connection_requests, lco_var_tcpinfo_rtt, lco_var_tcpinfo_rttvar,
    lco_var_tcpinfo_snd_cwnd, lco_var_tcpinfo_rcv_space;

/* ---- vars_ssl.c ---- */

lco_var_get_fn lco_var_ssl_cipher, lco_var_ssl_client_cert,
    lco_var_ssl_client_escaped_cert, lco_var_ssl_client_fingerprint,
    lco_var_ssl_client_i_dn, lco_var_ssl_client_raw_cert,
    lco_var_ssl_client_s_dn, lco_var_ssl_client_serial,
    lco_var_ssl_client_v_end, lco_var_ssl_client_v_remain,
    lco_var_ssl_client_v_start, lco_var_ssl_client_verify, lco_var_ssl_protocol,
    lco_var_ssl_server_name, lco_var_ssl_session_id, lco_var_ssl_session_reused;

/* ---- vars_response.c ---- */

lco_var_get_fn lco_var_status, lco_var_body_bytes_sent,
    lco_var_request_completion, lco_var_sent_content_type;
lco_var_family_fn lco_var_sent_http, lco_var_sent_trailer;

/* ---- vars_proxy.c ---- */

lco_var_get_fn lco_var_proxy_host, lco_var_proxy_port,
    lco_var_proxy_add_x_forwarded_for, lco_var_upstream_addr,
    lco_var_upstream_status;

/* ---- vars_server.c ---- */

lco_var_get_fn lco_var_msec, lco_var_time_local, lco_var_time_iso8601,
    lco_var_pid, lco_var_hostname, lco_var_nginx_version;

#endif

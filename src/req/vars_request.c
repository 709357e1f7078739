/* ngx.var: the request line, the headers of the request, where it leads.
 *
 * Thread: inside the VM, on the owner of the request.
 */
#include "req/vars_priv.h"

#include "req/body.h"
#include "req/change.h"
#include "req/head.h"

#include <apr_general.h>
#include <apr_lib.h>
#include <apr_strings.h>
#include <http_core.h>
#include <http_log.h>
#include <http_protocol.h>

#include <errno.h>
#include <limits.h>
#include <string.h>

APLOG_USE_MODULE(luaco);

int lco_var_uri(lco_req *req, lco_var *var)
{
    return lco_give_string(var, req->r->uri);
}

int lco_var_args(lco_req *req, lco_var *var)
{
    request_rec *r = req->r;

    /* "/path?" has no arguments; what Lua emptied has empty ones. */
    if (r->args && !*r->args && r->args == r->parsed_uri.query) {
        return 0;
    }
    return lco_give_string(var, !r->args && req->args_emptied ? "" : r->args);
}

void lco_var_set_args(lco_req *req, const char *value, apr_size_t len)
{
    lco_change_args(req, value, len);
}

int lco_var_is_args(lco_req *req, lco_var *var)
{
    return lco_give_string(var, req->r->args && *req->r->args ? "?" : "");
}

int lco_var_request(lco_req *req, lco_var *var)
{
    return lco_give_string(var, lco_var_original(req->r)->the_request);
}

int lco_var_request_uri(lco_req *req, lco_var *var)
{
    request_rec *r = lco_var_original(req->r);
    const lco_req *first = lco_req_find(r);
    const char *uri =
        first && first->request_uri ? first->request_uri : r->unparsed_uri;
    const char *p;

    /* "GET http://host/path": nginx's begins at the path. */
    if (uri && *uri != '/' && (p = strstr(uri, "://"))) {
        p += strcspn(p + 3, "/?#") + 3;
        return lco_give_string(var, *p ? p : "/");
    }
    return lco_give_string(var, uri);
}

int lco_var_request_method(lco_req *req, lco_var *var)
{
    request_rec *r = req->r;

    while (r->main) {
        r = r->main;
    }
    return lco_give_string(var, r->method);
}

int lco_var_server_protocol(lco_req *req, lco_var *var)
{
    return lco_give_string(var, req->r->protocol);
}

int lco_var_scheme(lco_req *req, lco_var *var)
{
    return lco_give_string(var, ap_http_scheme(req->r));
}

int lco_var_https(lco_req *req, lco_var *var)
{
    return lco_give_string(var,
                           strcmp(ap_http_scheme(req->r), "https") ? "" : "on");
}

int lco_var_http2(lco_req *req, lco_var *var)
{
    int is_h2 = HTTP_VERSION_MAJOR(req->r->proto_num) == 2;

    if (!is_h2) {
        return lco_give_string(var, "");
    }
    return lco_give_string(var, strcmp(ap_http_scheme(req->r), "https") ? "h2c"
                                                                        : "h2");
}

/* $http3: httpd speaks no HTTP/3. */
int lco_var_empty(lco_req *req, lco_var *var)
{
    (void) req;
    return lco_give_string(var, "");
}

int lco_var_host(lco_req *req, lco_var *var)
{
    const char *host = req->r->hostname;

    return lco_give_string(var, host ? host : req->r->server->server_hostname);
}

int lco_var_content_length(lco_req *req, lco_var *var)
{
    const char *header = apr_table_get(req->r->headers_in, "Content-Length");
    apr_off_t read;

    if (header) {
        return lco_give_string(var, header);
    }
    read = lco_body_content_length(req); /* of a chunked one */
    return read < 0 ? 0 : lco_give_number(var, read);
}

int lco_var_request_body(lco_req *req, lco_var *var)
{
    apr_size_t len;
    const char *data = lco_body_data(req, &len);

    return data ? lco_give(var, data, len) : 0;
}

int lco_var_request_body_file(lco_req *req, lco_var *var)
{
    return lco_give_string(var, lco_body_file(req));
}

int lco_var_content_type(lco_req *req, lco_var *var)
{
    return lco_give_string(var,
                           apr_table_get(req->r->headers_in, "Content-Type"));
}

int lco_var_server_name(lco_req *req, lco_var *var)
{
    return lco_give_string(var, req->r->server->server_hostname);
}

int lco_var_document_root(lco_req *req, lco_var *var)
{
    return lco_give_string(var, ap_context_document_root(req->r));
}

int lco_var_request_filename(lco_req *req, lco_var *var)
{
    return lco_give_string(var, req->r->filename);
}

int lco_var_remote_user(lco_req *req, lco_var *var)
{
    return lco_give_string(var, req->r->user);
}

static int add_field_length(void *data, const char *key, const char *value)
{
    apr_off_t *sum = data;

    *sum += (apr_off_t) (strlen(key) + strlen(value) + strlen(": \r\n"));
    return 1;
}

/* httpd does not count the head.  Of HTTP/2, which has none, this is its length
 * in the usual form of HTTP/1. */
int lco_var_request_length(lco_req *req, lco_var *var)
{
    request_rec *r = lco_var_original(req->r);
    apr_off_t sum = r->read_length + lco_body_received(req);
    apr_size_t len;

    if (lco_head_get(r, &len)) {
        return lco_give_number(var, sum + (apr_off_t) len);
    }
    sum += (apr_off_t) (strlen(r->the_request ? r->the_request : "") +
                        strlen("\r\n\r\n"));
    apr_table_do(add_field_length, &sum, r->headers_in, NULL);
    return lco_give_number(var, sum);
}

int lco_var_request_time(lco_req *req, lco_var *var)
{
    apr_time_t spent = apr_time_now() - req->r->request_time;

    return lco_give_seconds(var, spent > 0 ? spent : 0);
}

/* 16 random bytes in hex, the same for all that one client request leads
 * to. */
int lco_var_request_id(lco_req *req, lco_var *var)
{
    static const char hex[] = "0123456789abcdef";
    request_rec *r = lco_var_original(req->r);
    const char *known = apr_table_get(r->notes, "luaco-request-id");
    unsigned char bytes[16];
    char text[33];
    int i;

    if (!known) {
        if (apr_generate_random_bytes(bytes, sizeof(bytes))) {
            return 0;
        }
        for (i = 0; i < 16; i++) {
            text[2 * i] = hex[bytes[i] >> 4];
            text[2 * i + 1] = hex[bytes[i] & 15];
        }
        text[32] = '\0';
        apr_table_set(r->notes, "luaco-request-id", text);
        known = apr_table_get(r->notes, "luaco-request-id");
    }
    return lco_give_string(var, known);
}

int lco_var_http(lco_req *req, const char *name, lco_var *var)
{
    char key[LCO_VAR_NAME_MAX + 1];

    if (!strcmp(name, "cookie")) {
        return lco_give_string(var, lco_change_cookies(req));
    }
    return lco_var_dashes(name, key) &&
           lco_give_string(var, apr_table_get(req->r->headers_in, key));
}

/* The first "name=value" of the query string, as it stands there. */
int lco_var_arg(lco_req *req, const char *name, lco_var *var)
{
    const char *p = req->r->args;
    size_t len = strlen(name), n;

    while (p && *p) {
        n = strcspn(p, "&");
        if (n > len && p[len] == '=' && !ap_cstr_casecmpn(p, name, len)) {
            return lco_give(var, p + len + 1, n - len - 1);
        }
        p += n;
        p += *p == '&';
    }
    return 0;
}

/* The cookie's value, up to the semicolon. */
int lco_var_cookie(lco_req *req, const char *name, lco_var *var)
{
    const char *p = lco_change_cookies(req);
    const char *value;
    size_t len = strlen(name);

    while (p && *p) {
        if (!ap_cstr_casecmpn(p, name, len)) {
            value = p + len;
            value += strspn(value, " ");
            if (*value == '=') {
                value++;
                value += strspn(value, " ");
                return lco_give(var, value, strcspn(value, ";"));
            }
        }
        p += strcspn(p, ";,");
        p += strspn(p, ";,");
        p += strspn(p, " ");
    }
    return 0;
}

/* ---- $limit_rate: bytes a second; mod_ratelimit reads KiB ---- */

int lco_var_limit_rate(lco_req *req, lco_var *var)
{
    const char *rate = apr_table_get(req->r->subprocess_env, "rate-limit");

    return lco_give_number(var, rate ? apr_atoi64(rate) * 1024 : 0);
}

/* "2048", "2k", "1m" */
void lco_var_set_limit_rate(lco_req *req, const char *value, apr_size_t len)
{
    request_rec *r = req->r;
    apr_int64_t rate = 0;
    char *end = NULL;

    if (!value || !len) {
        apr_table_unset(r->subprocess_env, "rate-limit");
        return;
    }
    errno = 0;
    if (apr_isdigit(*value)) {
        rate = apr_strtoi64(value, &end, 10);
        if (*end == 'k' || *end == 'K') {
            end++;
            rate = rate < INT_MAX ? rate * 1024 : -1;
        }
        else if (*end == 'm' || *end == 'M') {
            end++;
            rate = rate < INT_MAX ? rate * 1024 * 1024 : -1;
        }
    }
    if (!end || *end || errno || rate < 0) {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r, "invalid $limit_rate \"%s\"",
                      value);
        return;
    }
    if (rate) {
        apr_table_set(r->subprocess_env, "rate-limit",
                      apr_psprintf(r->pool, "%" APR_INT64_T_FMT,
                                   rate / 1024 + (rate % 1024 != 0)));
    }
    else {
        apr_table_unset(r->subprocess_env, "rate-limit");
    }
}

/* ---- captures of the location's pattern ---- */

int lco_var_capture(lco_req *req, int n, lco_var *var)
{
    enum {
        MOST = 32
    };
    const ap_regex_t *match = req->code ? req->code->match : NULL;
    const char *uri = req->r->uri;
    ap_regmatch_t found[MOST];
    int i;

    if (!match || n <= 0 || n >= MOST || n > (int) match->re_nsub ||
        ap_regexec(match, uri, MOST, found, 0)) {
        return 0;
    }
    if (found[n].rm_so >= 0) {
        return lco_give(var, uri + found[n].rm_so,
                        (apr_size_t) (found[n].rm_eo - found[n].rm_so));
    }
    /* what took no part is empty before one that did */
    for (i = n + 1; i < MOST && i <= (int) match->re_nsub; i++) {
        if (found[i].rm_so >= 0) {
            return lco_give_string(var, "");
        }
    }
    return 0;
}

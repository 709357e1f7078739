/* Variables of a request: see vars.h.  docs/variables.md is the list for
 * users; the table at the end is the list.
 *
 * A name is looked up among the built-ins, then by its prefix (http_, arg_,
 * cookie_, sent_http_, sent_trailer_), then in the request's environment,
 * where SetEnvIf, SetEnv, mod_rewrite and Lua put theirs.
 *
 * Thread: inside the VM, on the owner of the request.
 */
#include "req/vars.h"

#include <apr_general.h>
#include <apr_lib.h>
#include <apr_network_io.h>
#include <apr_strings.h>
#include <apr_tables.h>
#include <apr_time.h>
#include <ap_release.h>
#include <http_core.h>
#include <http_protocol.h>

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Longer names are names of nothing. */
#define NAME_MAX_LEN 255

typedef int var_get(lco_req *req, lco_var *var);

typedef struct var_builtin {
    const char *name;
    var_get *get;
    unsigned settable : 1;
} var_builtin;

/* ---- results ---- */

static int give(lco_var *var, const char *data, apr_size_t len)
{
    var->data = data;
    var->len = len;
    return 1;
}

static int give_string(lco_var *var, const char *s)
{
    return s ? give(var, s, strlen(s)) : 0;
}

/* What has been formatted into var->buf. */
static int give_buf(lco_var *var, int len)
{
    return give(var, var->buf, (apr_size_t) len);
}

static int give_number(lco_var *var, apr_int64_t n)
{
    return give_buf(
        var, apr_snprintf(var->buf, sizeof(var->buf), "%" APR_INT64_T_FMT, n));
}

/* USEC microseconds as seconds with milliseconds. */
static int give_seconds(lco_var *var, apr_time_t usec)
{
    return give_buf(var,
                    apr_snprintf(var->buf, sizeof(var->buf),
                                 "%" APR_TIME_T_FMT ".%03d", apr_time_sec(usec),
                                 (int) apr_time_msec(usec)));
}

/* The request that the client made: $request and $request_uri stay what they
 * were through internal redirects and in subrequests. */
static request_rec *original(request_rec *r)
{
    while (r->prev || r->main) {
        r = r->prev ? r->prev : r->main;
    }
    return r;
}

/* ---- the request line ---- */

static int get_uri(lco_req *req, lco_var *var)
{
    return give_string(var, req->r->uri);
}

static int get_args(lco_req *req, lco_var *var)
{
    request_rec *r = req->r;

    /* "/path?" has no arguments; what Lua emptied has empty ones. */
    if (r->args && !*r->args && r->args == r->parsed_uri.query) {
        return 0;
    }
    return give_string(var, r->args);
}

static int get_is_args(lco_req *req, lco_var *var)
{
    return give_string(var, req->r->args && *req->r->args ? "?" : "");
}

static int get_request(lco_req *req, lco_var *var)
{
    return give_string(var, original(req->r)->the_request);
}

static int get_request_uri(lco_req *req, lco_var *var)
{
    const char *uri = original(req->r)->unparsed_uri, *p;

    /* "GET http://host/path": nginx's begins at the path. */
    if (uri && *uri != '/' && (p = strstr(uri, "://"))) {
        p += strcspn(p + 3, "/?#") + 3;
        return give_string(var, *p ? p : "/");
    }
    return give_string(var, uri);
}

static int get_request_method(lco_req *req, lco_var *var)
{
    request_rec *r = req->r;

    while (r->main) {
        r = r->main;
    }
    return give_string(var, r->method);
}

static int get_server_protocol(lco_req *req, lco_var *var)
{
    return give_string(var, req->r->protocol);
}

static int get_scheme(lco_req *req, lco_var *var)
{
    return give_string(var, ap_http_scheme(req->r));
}

static int get_https(lco_req *req, lco_var *var)
{
    return give_string(var,
                       strcmp(ap_http_scheme(req->r), "https") ? "" : "on");
}

static int get_host(lco_req *req, lco_var *var)
{
    const char *host = req->r->hostname;

    return give_string(var, host ? host : req->r->server->server_hostname);
}

static int get_content_length(lco_req *req, lco_var *var)
{
    return give_string(var,
                       apr_table_get(req->r->headers_in, "Content-Length"));
}

static int get_content_type(lco_req *req, lco_var *var)
{
    return give_string(var, apr_table_get(req->r->headers_in, "Content-Type"));
}

/* ---- the two ends of the connection ---- */

static int get_remote_addr(lco_req *req, lco_var *var)
{
    return give_string(var, req->r->useragent_ip);
}

static int get_binary_remote_addr(lco_req *req, lco_var *var)
{
    const apr_sockaddr_t *addr = req->r->useragent_addr;

    return addr ? give(var, addr->ipaddr_ptr, (apr_size_t) addr->ipaddr_len)
                : 0;
}

static int get_remote_port(lco_req *req, lco_var *var)
{
    const apr_sockaddr_t *addr = req->r->useragent_addr;

    return addr ? give_number(var, addr->port) : 0;
}

static int get_server_addr(lco_req *req, lco_var *var)
{
    return give_string(var, req->r->connection->local_ip);
}

static int get_server_port(lco_req *req, lco_var *var)
{
    const apr_sockaddr_t *addr = req->r->connection->local_addr;

    return addr ? give_number(var, addr->port) : 0;
}

static int get_server_name(lco_req *req, lco_var *var)
{
    return give_string(var, req->r->server->server_hostname);
}

/* c->id is that of a slot, which other connections get while this one is
 * parked; scripts use $connection as a key, so it counts connections.  An
 * HTTP/2 stream counts as one: its master belongs to other threads. */
static int get_connection(lco_req *req, lco_var *var)
{
    static atomic_ullong serial;
    conn_rec *c = req->r->connection;
    const char *no;

    no = apr_table_get(c->notes, "luaco-serial");
    if (!no) {
        no = apr_psprintf(c->pool, "%" APR_UINT64_T_FMT,
                          (apr_uint64_t) atomic_fetch_add(&serial, 1) + 1);
        apr_table_setn(c->notes, "luaco-serial", no);
    }
    return give_string(var, no);
}

static int get_connection_requests(lco_req *req, lco_var *var)
{
    const conn_rec *c = req->r->connection;

    /* ap_set_keepalive() counts this request when its headers go out. */
    return give_number(var, c->keepalives +
                                (c->keepalive == AP_CONN_KEEPALIVE ? 0 : 1));
}

/* ---- where the request leads ---- */

static int get_document_root(lco_req *req, lco_var *var)
{
    return give_string(var, ap_context_document_root(req->r));
}

static int get_request_filename(lco_req *req, lco_var *var)
{
    return give_string(var, req->r->filename);
}

static int get_remote_user(lco_req *req, lco_var *var)
{
    return give_string(var, req->r->user);
}

/* ---- the response ---- */

static int get_status(lco_req *req, lco_var *var)
{
    request_rec *r = req->r;
    int is_late = req->header_sent || req->phase >= LCO_PHASE_BODY_FILTER;
    int status = req->status_set && req->phase < LCO_PHASE_BODY_FILTER
                     ? req->status_set
                     : r->status;

    /* httpd starts with 200, nginx with none */
    if (!is_late && !req->status_set && status == HTTP_OK) {
        status = 0;
    }
    return give_buf(var,
                    apr_snprintf(var->buf, sizeof(var->buf), "%03d", status));
}

static int get_body_bytes_sent(lco_req *req, lco_var *var)
{
    return give_number(var, req->r->bytes_sent);
}

static int get_request_completion(lco_req *req, lco_var *var)
{
    return give_string(var, req->r->eos_sent ? "OK" : "");
}

static int add_field_length(void *data, const char *key, const char *value)
{
    apr_off_t *sum = data;

    *sum += (apr_off_t) (strlen(key) + strlen(value) + strlen(": \r\n"));
    return 1;
}

/* httpd does not count the head; this is its length in the usual form, one
 * blank after each colon, which is how clients send it. */
static int get_request_length(lco_req *req, lco_var *var)
{
    request_rec *r = original(req->r);
    apr_off_t sum = r->read_length;

    sum += (apr_off_t) (strlen(r->the_request ? r->the_request : "") +
                        strlen("\r\n\r\n"));
    apr_table_do(add_field_length, &sum, r->headers_in, NULL);
    return give_number(var, sum);
}

static int get_sent_content_type(lco_req *req, lco_var *var)
{
    const char *type = req->r->content_type;

    return give_string(
        var, type ? type : apr_table_get(req->r->headers_out, "Content-Type"));
}

/* ---- the time ---- */

static int get_request_time(lco_req *req, lco_var *var)
{
    apr_time_t spent = apr_time_now() - req->r->request_time;

    return give_seconds(var, spent > 0 ? spent : 0);
}

static int get_msec(lco_req *req, lco_var *var)
{
    (void) req;
    return give_seconds(var, apr_time_now());
}

/* Fills TM with the present local time and *ZONE with "+hhmm" as a number. */
static void local_time(apr_time_exp_t *tm, char *sign, int *zone)
{
    int minutes;

    apr_time_exp_lt(tm, apr_time_now());
    minutes = tm->tm_gmtoff / 60;
    *sign = minutes < 0 ? '-' : '+';
    minutes = abs(minutes);
    *zone = minutes / 60 * 100 + minutes % 60;
}

static int get_time_local(lco_req *req, lco_var *var)
{
    apr_time_exp_t tm;
    char sign;
    int zone;

    (void) req;
    local_time(&tm, &sign, &zone);
    return give_buf(var,
                    apr_snprintf(var->buf, sizeof(var->buf),
                                 "%02d/%s/%d:%02d:%02d:%02d %c%04d", tm.tm_mday,
                                 apr_month_snames[tm.tm_mon], tm.tm_year + 1900,
                                 tm.tm_hour, tm.tm_min, tm.tm_sec, sign, zone));
}

static int get_time_iso8601(lco_req *req, lco_var *var)
{
    apr_time_exp_t tm;
    char sign;
    int zone;

    (void) req;
    local_time(&tm, &sign, &zone);
    return give_buf(var, apr_snprintf(var->buf, sizeof(var->buf),
                                      "%d-%02d-%02dT%02d:%02d:%02d%c%02d:%02d",
                                      tm.tm_year + 1900, tm.tm_mon + 1,
                                      tm.tm_mday, tm.tm_hour, tm.tm_min,
                                      tm.tm_sec, sign, zone / 100, zone % 100));
}

/* ---- the server ---- */

static int get_pid(lco_req *req, lco_var *var)
{
    (void) req;
    return give_number(var, getpid());
}

static int get_hostname(lco_req *req, lco_var *var)
{
    char *p;

    (void) req;
    if (gethostname(var->buf, sizeof(var->buf))) {
        return 0;
    }
    var->buf[sizeof(var->buf) - 1] = '\0';
    for (p = var->buf; *p; p++) {
        *p = (char) apr_tolower(*p);
    }
    return give_string(var, var->buf);
}

static int get_nginx_version(lco_req *req, lco_var *var)
{
    (void) req;
    return give_string(var, LCO_NGINX_VERSION_TEXT);
}

/* 16 random bytes in hex, the same for all that one client request leads
 * to. */
static int get_request_id(lco_req *req, lco_var *var)
{
    static const char hex[] = "0123456789abcdef";
    request_rec *r = original(req->r);
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
    return give_string(var, known);
}

/* ---- names with a prefix; NAME is in lower case and without it ---- */

/* The header's name for a variable's: dashes for underscores.  0 if the name
 * has dashes itself: there is no such variable. */
static int dashes(const char *name, char *out)
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

static int get_http(lco_req *req, const char *name, lco_var *var)
{
    char key[NAME_MAX_LEN + 1];

    return dashes(name, key) &&
           give_string(var, apr_table_get(req->r->headers_in, key));
}

static int get_sent_http(lco_req *req, const char *name, lco_var *var)
{
    request_rec *r = req->r;
    const char *value, *more;
    char key[NAME_MAX_LEN + 1];

    if (!strcmp(name, "content_type")) {
        return get_sent_content_type(req, var);
    }
    if (!dashes(name, key)) {
        return 0;
    }
    value = apr_table_getm(r->pool, r->headers_out, key);
    more = apr_table_getm(r->pool, r->err_headers_out, key);
    if (value && more) {
        value = apr_pstrcat(r->pool, value, ", ", more, NULL);
    }
    return give_string(var, value ? value : more);
}

static int get_sent_trailer(lco_req *req, const char *name, lco_var *var)
{
    char key[NAME_MAX_LEN + 1];

    return dashes(name, key) &&
           give_string(var, apr_table_get(req->r->trailers_out, key));
}

/* The first "name=value" of the query string, as it stands there. */
static int get_arg(lco_req *req, const char *name, lco_var *var)
{
    const char *p = req->r->args;
    size_t len = strlen(name), n;

    while (p && *p) {
        n = strcspn(p, "&");
        if (n > len && p[len] == '=' && !ap_cstr_casecmpn(p, name, len)) {
            return give(var, p + len + 1, n - len - 1);
        }
        p += n;
        p += *p == '&';
    }
    return 0;
}

/* The cookie's value, up to the semicolon. */
static int get_cookie(lco_req *req, const char *name, lco_var *var)
{
    const char *p = apr_table_get(req->r->headers_in, "Cookie");
    const char *value;
    size_t len = strlen(name);

    while (p && *p) {
        if (!ap_cstr_casecmpn(p, name, len)) {
            value = p + len;
            value += strspn(value, " ");
            if (*value == '=') {
                value++;
                value += strspn(value, " ");
                return give(var, value, strcspn(value, ";"));
            }
        }
        p += strcspn(p, ";,");
        p += strspn(p, ";,");
        p += strspn(p, " ");
    }
    return 0;
}

typedef struct var_prefix {
    const char *prefix;
    int (*get)(lco_req *req, const char *name, lco_var *var);
} var_prefix;

static const var_prefix prefixes[] = {
    {"http_", get_http},
    {"arg_", get_arg},
    {"cookie_", get_cookie},
    {"sent_http_", get_sent_http},
    {"sent_trailer_", get_sent_trailer},
};

/* ---- the table ---- */

/* Sorted by name, for bsearch().  Those without a function are built-ins of
 * nginx's prefixes that it does not let scripts write (http_host and so on):
 * their value is found by the prefix. */
static const var_builtin builtins[] = {
    {"args", get_args, 1},
    {"binary_remote_addr", get_binary_remote_addr, 0},
    {"body_bytes_sent", get_body_bytes_sent, 0},
    {"bytes_sent", get_body_bytes_sent, 0},
    {"connection", get_connection, 0},
    {"connection_requests", get_connection_requests, 0},
    {"content_length", get_content_length, 0},
    {"content_type", get_content_type, 0},
    {"document_root", get_document_root, 0},
    {"document_uri", get_uri, 0},
    {"host", get_host, 0},
    {"hostname", get_hostname, 0},
    {"http_cookie", NULL, 0},
    {"http_host", NULL, 0},
    {"http_referer", NULL, 0},
    {"http_user_agent", NULL, 0},
    {"http_via", NULL, 0},
    {"http_x_forwarded_for", NULL, 0},
    {"https", get_https, 0},
    {"is_args", get_is_args, 0},
    {"msec", get_msec, 0},
    {"nginx_version", get_nginx_version, 0},
    {"pid", get_pid, 0},
    {"query_string", get_args, 0},
    {"remote_addr", get_remote_addr, 0},
    {"remote_port", get_remote_port, 0},
    {"remote_user", get_remote_user, 0},
    {"request", get_request, 0},
    {"request_completion", get_request_completion, 0},
    {"request_filename", get_request_filename, 0},
    {"request_id", get_request_id, 0},
    {"request_length", get_request_length, 0},
    {"request_method", get_request_method, 0},
    {"request_time", get_request_time, 0},
    {"request_uri", get_request_uri, 0},
    {"scheme", get_scheme, 0},
    {"sent_http_cache_control", NULL, 0},
    {"sent_http_connection", NULL, 0},
    {"sent_http_content_length", NULL, 0},
    {"sent_http_content_type", NULL, 0},
    {"sent_http_keep_alive", NULL, 0},
    {"sent_http_last_modified", NULL, 0},
    {"sent_http_link", NULL, 0},
    {"sent_http_location", NULL, 0},
    {"sent_http_transfer_encoding", NULL, 0},
    {"server_addr", get_server_addr, 0},
    {"server_name", get_server_name, 0},
    {"server_port", get_server_port, 0},
    {"server_protocol", get_server_protocol, 0},
    {"status", get_status, 0},
    {"time_iso8601", get_time_iso8601, 0},
    {"time_local", get_time_local, 0},
    {"uri", get_uri, 0},
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

static const var_prefix *find_prefix(const char *name)
{
    size_t i;

    for (i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
        if (!strncmp(name, prefixes[i].prefix, strlen(prefixes[i].prefix))) {
            return &prefixes[i];
        }
    }
    return NULL;
}

/* NAME in lower case into LOW (NAME_MAX_LEN + 1 bytes).  0 if it cannot be a
 * variable's. */
static int normalize(const char *name, apr_size_t len, char *low)
{
    apr_size_t i;

    if (!len || len > NAME_MAX_LEN || memchr(name, 0, len)) {
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
    char low[NAME_MAX_LEN + 1];
    const var_builtin *builtin;
    const var_prefix *prefix;

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
    return give_string(var, apr_table_get(req->r->subprocess_env, low));
}

lco_var_set_result lco_var_set(lco_req *req, const char *name, apr_size_t len,
                               const char *value, apr_size_t value_len)
{
    char low[NAME_MAX_LEN + 1];
    const var_builtin *builtin;
    request_rec *r = req->r;

    if (!normalize(name, len, low)) {
        return LCO_VAR_COMPUTED;
    }
    builtin = find_builtin(low);
    if (builtin && !builtin->settable) {
        return LCO_VAR_READONLY;
    }
    if (!builtin && find_prefix(low)) {
        return LCO_VAR_COMPUTED;
    }
    if (value && memchr(value, 0, value_len)) {
        return LCO_VAR_UNFIT;
    }
    if (builtin) { /* args, the only one */
        r->args = value ? apr_pstrmemdup(r->pool, value, value_len) : NULL;
    }
    else if (value) {
        /* the name as written: CGI scripts see it in that case */
        apr_table_set(r->subprocess_env, apr_pstrmemdup(r->pool, name, len),
                      value);
    }
    else {
        apr_table_unset(r->subprocess_env, low);
    }
    return LCO_VAR_SET;
}

/* Changing a request; see change.h.
 *
 * Headers.  headers_in holds one string per name, and everybody counts on it.
 * Several values therefore are joined there, as httpd joins those that come
 * from the client, and kept apart in a list beside it, for
 * ngx.req.get_headers(). An entry of the list holds as long as headers_in has
 * the string that it is about.
 *
 * Thread: the request's owner.
 */
#include "req/change.h"

#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>
#include <http_core.h>
#include <http_protocol.h>
#include <util_filter.h>

#include "req/capture.h"
#include "req/head.h"
#include "req/input.h"
#include "util/field.h"

/* ---- the method ---- */

static ap_filter_rec_t *as_asked;

/* Did the client ask for the headers alone? */
static int asked_head(request_rec *r)
{
    const char *line = lco_head_request(r)->the_request;

    return line && strncmp(line, "HEAD ", 5) == 0;
}

/* Above the filter that writes the headers and drops the body of a response to
 * HEAD: shows it the client's method, and Lua's to everybody else. */
static apr_status_t answer_as_asked(ap_filter_t *f, apr_bucket_brigade *bb)
{
    request_rec *r = f->r;
    int header_only = r->header_only, asked = asked_head(r);
    apr_status_t rv;

    if (header_only && !asked) {
        /* The client may wait for a body that nobody makes: the end of the
         * connection tells it. */
        f->c->keepalive = AP_CONN_CLOSE;
    }
    r->header_only = header_only || asked;
    rv = ap_pass_brigade(f->next, bb);
    r->header_only = header_only;
    return rv;
}

void lco_change_insert(request_rec *r)
{
    ap_filter_t *f;

    if (r->main || lco_capture_of(r) || r->header_only == asked_head(r)) {
        return;
    }
    for (f = r->output_filters; f; f = f->next) {
        if (f->frec == as_asked) {
            return;
        }
    }
    ap_add_output_filter_handle(as_asked, NULL, r, r->connection);
}

void lco_change_method(lco_req *req, const char *name)
{
    request_rec *r = req->r;

    r->method = name;
    r->method_number = ap_method_number_of(name);
    r->header_only = strcmp(name, "HEAD") == 0;
    lco_change_insert(r);
}

/* ---- the URI ---- */

/* Gives what mod_proxy (nocanon) and mod_cache read of the URI: PATH, which
 * is escaped, and the query string. */
static void rebuild_unparsed(lco_req *req, const char *path)
{
    request_rec *r = req->r;

    if (!req->request_uri) {
        req->request_uri = r->unparsed_uri;
    }
    r->parsed_uri.path = r->uri;
    r->parsed_uri.query = r->args;
    r->unparsed_uri = r->args ? apr_pstrcat(r->pool, path, "?", r->args, NULL)
                              : (char *) path;
}

void lco_change_uri(lco_req *req, const char *uri, apr_size_t len)
{
    request_rec *r = req->r;

    if (!req->uri_changed) {
        if (!req->place_kept) {
            req->place_uri = req->named ? req->named : r->uri;
        }
        req->uri_changed = 1;
    }
    r->uri = apr_pstrmemdup(r->pool, uri, len);
    req->internal = 1;
    rebuild_unparsed(req, ap_escape_uri(r->pool, r->uri));
}

void lco_change_args(lco_req *req, const char *args, apr_size_t len)
{
    request_rec *r = req->r;
    const char *path = r->unparsed_uri ? r->unparsed_uri : "";

    /* With "" there mod_proxy would send a lone "?". */
    r->args = len ? apr_pstrmemdup(r->pool, args, len) : NULL;
    req->args_emptied = args && !len ? 1 : 0;
    rebuild_unparsed(req, apr_pstrmemdup(r->pool, path, strcspn(path, "?")));
}

/* ---- headers with several values ---- */

static void read_repeated(lco_req *req)
{
    apr_size_t len;
    const char *head = lco_head_get(req->r, &len);

    req->multi_read = 1;
    if (head) {
        req->multi = lco_multi_read(req->r->pool, req->multi, head, len);
    }
}

const lco_multi *lco_change_multi(lco_req *req, const char *name,
                                  const char *value)
{
    const lco_multi *m;
    request_rec *r;
    lco_req *other;

    if (!req->multi_read) {
        read_repeated(req);
    }
    /* headers_in is handed on to redirects and subrequests. */
    for (r = req->r; r; r = r->main ? r->main : r->prev) {
        other = r == req->r ? req : lco_req_find(r);
        m = other ? lco_multi_find(other->multi, name, value) : NULL;
        if (m) {
            return m;
        }
    }
    return NULL;
}

const char *lco_change_cookies(lco_req *req)
{
    const char *value = apr_table_get(req->r->headers_in, "Cookie");
    const lco_multi *m = value ? lco_change_multi(req, "Cookie", value) : NULL;

    return m ? lco_multi_join(req->r->pool, m->name, m->n, m->values) : value;
}

/* ---- headers ---- */

/* What has one value: of several the last one counts.  Their order is that of
 * nothing. */
static const char *const singles[] = {
    "Host",
    "Connection",
    "If-Modified-Since",
    "If-Unmodified-Since",
    "If-Match",
    "If-None-Match",
    "User-Agent",
    "Referer",
    "Content-Length",
    "Content-Type",
    "Range",
    "If-Range",
    "Transfer-Encoding",
    "Expect",
    "Upgrade",
    "Accept-Encoding",
    "Via",
    "Authorization",
    "Keep-Alive",
    "X-Real-IP",
    "Depth",
    "Destination",
    "Overwrite",
    "Date",
};

static int is_single(const char *name)
{
    size_t i;

    for (i = 0; i < sizeof(singles) / sizeof(singles[0]); i++) {
        if (!ap_cstr_casecmp(singles[i], name)) {
            return 1;
        }
    }
    return 0;
}

/* The host of a Host header, in lower case, without port and final dot; NULL
 * if it is none. */
static const char *host_of(apr_pool_t *rpool, const char *value)
{
    const char *end;
    char *host;
    apr_size_t len;

    if (*value == '[' && (end = strchr(value, ']'))) {
        len = (apr_size_t) (end - value) + 1;
    }
    else {
        len = strcspn(value, ":");
    }
    if (strchr(value, '/') || strstr(value, "..")) {
        return NULL;
    }
    if (len && value[len - 1] == '.') {
        len--;
    }
    if (!len) {
        return NULL;
    }
    host = apr_pstrmemdup(rpool, value, len);
    ap_str_tolower(host);
    return host;
}

static int is_number(const char *value)
{
    apr_off_t n;
    char *end;

    return apr_isdigit(*value) &&
           apr_strtoff(&n, value, &end, 10) == APR_SUCCESS && !*end;
}

static const char *escaped(apr_pool_t *rpool, lco_text text,
                           size_t (*len_of)(const char *s, size_t len),
                           size_t (*escape)(char *dst, const char *s,
                                            size_t len))
{
    apr_size_t len = len_of(text.data, text.len);
    char *copy = apr_palloc(rpool, len + 1);

    escape(copy, text.data, text.len);
    copy[len] = '\0';
    return copy;
}

/* Takes VALUE (NULL: none) for what httpd or the module knows beside the
 * table.  0: it cannot be one. */
static int take_special(lco_req *req, const char *name, const char *value)
{
    request_rec *r = req->r;

    if (!ap_cstr_casecmp(name, "Host")) {
        const char *host = value ? host_of(r->pool, value) : NULL;

        if (value && !host) {
            return 0;
        }
        r->hostname = host;
    }
    else if (!ap_cstr_casecmp(name, "Content-Length")) {
        if (value && !is_number(value)) {
            return 0;
        }
        lco_input_pin(req);
    }
    else if (!ap_cstr_casecmp(name, "Transfer-Encoding")) {
        lco_input_pin(req);
    }
    return 1;
}

int lco_change_header(lco_req *req, lco_text name_text, const lco_text *texts,
                      int n, lco_change_how how)
{
    request_rec *r = req->r;
    apr_pool_t *rpool = r->pool;
    const char *name =
        escaped(rpool, name_text, lco_field_name_len, lco_field_name);
    const char *old = apr_table_get(r->headers_in, name);
    const lco_multi *m;
    const char **values;
    int i, single = is_single(name), count = 0;

    if (!*name) {
        return 1; /* there is no such header */
    }
    if (how == LCO_CHANGE_SET || single) {
        old = NULL;
    }
    m = old ? lco_change_multi(req, name, old) : NULL;
    values =
        apr_palloc(rpool, sizeof(*values) * (apr_size_t) ((m ? m->n : 1) + n));
    for (i = 0; m && i < m->n; i++) {
        values[count++] = m->values[i];
    }
    if (old && !m) {
        values[count++] = old;
    }
    for (i = 0; i < n; i++) {
        const char *value =
            escaped(rpool, texts[i], lco_field_value_len, lco_field_value);

        if (single) {
            if (*value && !take_special(req, name, value)) {
                return 0;
            }
            values[0] = value;
            count = *value ? 1 : 0;
        }
        else if (*value || count) {
            values[count++] = value;
        }
    }

    if (!count) {
        (void) take_special(req, name, NULL);
        apr_table_unset(r->headers_in, name);
    }
    else if (count == 1) {
        apr_table_set(r->headers_in, name, values[0]);
    }
    else {
        const char *joined = lco_multi_join(rpool, name, count, values);

        if (!req->multi_read) {
            read_repeated(req); /* ours is to be found first */
        }
        apr_table_set(r->headers_in, name, joined);
        req->multi =
            lco_multi_add(rpool, req->multi, name, joined, count, values);
    }
    return 1;
}

void lco_change_register(void)
{
    as_asked = ap_register_output_filter("LUACO_METHOD", answer_as_asked, NULL,
                                         AP_FTYPE_PROTOCOL - 1);
}

/* ngx.status, ngx.headers_sent, ngx.header.
 *
 * httpd has two tables of response headers.  headers_out is thrown away when
 * an error page takes the response's place, and when mod_proxy takes over the
 * backend's; err_headers_out survives both.  In nginx a header that Lua set
 * stays in each case, so ours go into err_headers_out (as mod_cgi's do),
 * except those that describe the body and would lie about an error page's.
 *
 * Thread: inside the VM, on the owner of the current request.
 */
#include "api/api.h"

#include "api/common.h"
#include "req/outbox.h"
#include "util/field.h"

#include <httpd.h>
#include <apr_date.h>
#include <apr_lib.h>
#include <apr_strings.h>
#include <apr_tables.h>
#include <http_log.h>
#include <http_protocol.h>

#include <string.h>

APLOG_USE_MODULE(luaco);

/* As many values of one header are read. */
#define MAX_VALUES 100

/* ---- ngx.status ---- */

int lco_api_get_headers_sent(lua_State *L)
{
    lua_pushboolean(L, lco_api_headers_sent(lco_api_http(L)));
    return 1;
}

int lco_api_get_status(lua_State *L)
{
    lua_pushinteger(L, lco_api_status(lco_api_http(L)));
    return 1;
}

/* Takes a number or a numeric string.  Too late or out of 100..999: a line in
 * the error log, no error. */
int lco_api_set_status(lua_State *L)
{
    lco_req *req = lco_api_http(L);
    int is_number, status;

    lua_tonumberx(L, 3, &is_number);
    if (!is_number) {
        return luaL_error(L, "bad ngx.status (number expected, got %s)",
                          luaL_typename(L, 3));
    }
    status = lco_api_toint(L, 3);
    if (lco_api_headers_sent(req)) {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, req->r,
                      "attempt to set ngx.status after sending out response "
                      "headers");
        return 0;
    }
    if (status < 100 || status > 999) {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, req->r,
                      "invalid HTTP status code %d", status);
        return 0;
    }
    if (req->phase == LCO_PHASE_HEADER_FILTER) {
        lco_out_status(req->r, status);
        return 0;
    }
    req->status_set = status;
    req->r->status_line = NULL;
    return 0;
}

/* ---- ngx.header ---- */

typedef enum resp_kind {
    RESP_LIST, /* any number of values */
    RESP_ONE,  /* the last of several values wins */
    RESP_TYPE, /* r->content_type */
    RESP_LENGTH,
    RESP_MODIFIED
} resp_kind;

typedef struct resp_rule {
    const char *name;
    resp_kind kind;
    unsigned of_body : 1; /* in headers_out: dies with the body */
} resp_rule;

static const resp_rule rules[] = {
    {"Content-Type", RESP_TYPE, 1},
    {"Content-Length", RESP_LENGTH, 1},
    {"Last-Modified", RESP_MODIFIED, 1},
    {"Content-Encoding", RESP_ONE, 1},
    {"Content-Range", RESP_ONE, 1},
    {"Content-Language", RESP_LIST, 1},
    {"Content-Disposition", RESP_LIST, 1},
    {"Content-Location", RESP_LIST, 1},
    {"Content-MD5", RESP_LIST, 1},
    {"Transfer-Encoding", RESP_LIST, 1},
    {"Accept-Ranges", RESP_ONE, 1},
    {"ETag", RESP_ONE, 1},
    {"Location", RESP_ONE, 0},
    /* httpd writes these two itself, in any case */
    {"Server", RESP_ONE, 1},
    {"Date", RESP_ONE, 1},
    {"Expires", RESP_ONE, 0},
    {"Refresh", RESP_ONE, 0},
};

static const resp_rule rule_other = {NULL, RESP_LIST, 0};

static const resp_rule *find_rule(const char *name)
{
    size_t i;

    for (i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        if (!ap_cstr_casecmp(rules[i].name, name)) {
            return &rules[i];
        }
    }
    return &rule_other;
}

/* The LEN bytes at S, which are NUL-terminated, as a C string: as they are,
 * or escaped where something may not stand there (httpd answers 500 to a name
 * that it does not take). */
static const char *escape(apr_pool_t *rpool, const char *s, size_t len,
                          size_t (*len_of)(const char *s, size_t len),
                          size_t (*write)(char *dst, const char *s, size_t len))
{
    size_t need = len_of(s, len);
    char *copy;

    if (need == len) {
        return s;
    }
    copy = apr_palloc(rpool, need + 1);
    copy[write(copy, s, len)] = '\0';
    return copy;
}

/* LuaCoTransformUnderscoresInResponseHeaders */
static const char *dashes(const lco_req *req, const char *name)
{
    char *copy, *p;

    if (req->dconf->transform_underscores == 0 || !strchr(name, '_')) {
        return name;
    }
    copy = apr_pstrdup(req->r->pool, name);
    for (p = copy; *p; p++) {
        if (*p == '_') {
            *p = '-';
        }
    }
    return copy;
}

static void remove_header(lco_req *req, const resp_rule *rule, const char *name)
{
    request_rec *r = req->r;

    apr_table_unset(r->headers_out, name);
    apr_table_unset(r->err_headers_out, name);
    switch (rule->kind) {
    case RESP_TYPE:
        req->mime = NULL;
        ap_set_content_type(r, NULL);
        break;
    case RESP_LENGTH:
        r->clength = 0;
        req->length_set = 0;
        break;
    case RESP_LIST:
    case RESP_ONE:
    case RESP_MODIFIED:
        break;
    }
    /* ap_http_header_filter would make the header from these. */
    if (rule->of_body && !ap_cstr_casecmp(name, "Content-Encoding")) {
        r->content_encoding = NULL;
    }
    if (rule->of_body && !ap_cstr_casecmp(name, "Content-Language")) {
        r->content_languages = NULL;
    }
}

/* Digits only, without overflow; -1 otherwise. */
static apr_off_t parse_length(const char *s)
{
    apr_off_t n = 0;

    if (!*s) {
        return -1;
    }
    for (; *s; s++) {
        if (!apr_isdigit(*s) || n > (APR_INT64_MAX - 9) / 10) {
            return -1;
        }
        n = n * 10 + (*s - '0');
    }
    return n;
}

/* Adds one value, escaped and not empty; a length has been checked. */
static void add_header(lco_req *req, const resp_rule *rule, const char *name,
                       const char *value)
{
    request_rec *r = req->r;
    /* A header filter is past all that throws headers away. */
    int is_late = req->phase == LCO_PHASE_HEADER_FILTER;
    apr_table_t *table =
        rule->of_body || is_late ? r->headers_out : r->err_headers_out;
    apr_time_t when;

    switch (rule->kind) {
    case RESP_LIST:
        apr_table_add(table, name, value);
        break;
    case RESP_ONE:
        apr_table_set(table, name, value);
        break;
    case RESP_TYPE:
        req->mime = apr_pstrdup(r->pool, value);
        ap_set_content_type(r, req->mime);
        break;
    case RESP_LENGTH:
        ap_set_content_length(r, parse_length(value));
        req->length_set = req->phase == LCO_PHASE_HEADER_FILTER ||
                          req->phase == LCO_PHASE_HANDLER;
        break;
    case RESP_MODIFIED:
        when = apr_date_parse_http(value);
        if (when != APR_DATE_BAD) {
            r->mtime = when;
        }
        apr_table_set(table, name, value);
        break;
    }
}

int lco_api_set_header(lua_State *L, int add)
{
    lco_req *req = lco_api_http(L);
    request_rec *r = req->r;
    const resp_rule *rule;
    const char *name, *value;
    size_t len;
    lua_Integer n, i;
    int is_first = !add, is_list;

    lua_settop(L, 3);
    is_list = lua_istable(L, 3);
    if (add && lua_isnil(L, 3)) {
        return luaL_error(L, "invalid header value");
    }
    name = lco_api_tolstring(L, 2, &len);
    if (lco_api_headers_sent(req)) {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
                      "attempt to set ngx.header.HEADER after sending out "
                      "response headers");
        return 0;
    }
    if (!len) {
        return 0; /* httpd would answer 500 to a header without a name */
    }
    name = escape(r->pool, dashes(req, name), len, lco_field_name_len,
                  lco_field_name);
    rule = find_rule(name);
    if (rule->kind == RESP_TYPE && !(add && is_list && !lua_rawlen(L, 3))) {
        req->mime_set = 1;
    }
    req->headers_set = 1;

    if (is_list) {
        n = (lua_Integer) lua_rawlen(L, 3);
    }
    else {
        n = lua_isnil(L, 3) ? 0 : 1;
    }
    for (i = 1; i <= n; i++) {
        if (is_list) {
            lua_geti(L, 3, i);
        }
        else {
            lua_pushvalue(L, 3);
        }
        value = lco_api_tolstring(L, -1, &len);
        value =
            escape(r->pool, value, len, lco_field_value_len, lco_field_value);
        if (rule->kind == RESP_LENGTH && *value && parse_length(value) < 0) {
            return luaL_error(L, "failed to set header");
        }
        if (is_first) {
            remove_header(req, rule, name);
            is_first = 0;
        }
        if (*value) {
            add_header(req, rule, name, value);
        }
        lua_settop(L, 4);
    }
    if (is_first) {
        remove_header(req, rule, name);
    }
    return 0;
}

/* ngx.header[name] = value: nil, "" or {} remove it, an array gives several
 * values.  After the headers have gone only a line in the error log. */
static int header_newindex(lua_State *L)
{
    return lco_api_set_header(L, 0);
}

typedef struct resp_values {
    const char *value[MAX_VALUES];
    int n;
} resp_values;

static int take_value(void *data, const char *key, const char *value)
{
    resp_values *v = data;

    (void) key;
    v->value[v->n++] = value;
    return v->n < MAX_VALUES;
}

/* ngx.header[name]: nil, a string, or an array of strings. */
static int header_index(lua_State *L)
{
    lco_req *req = lco_api_http(L);
    request_rec *r = req->r;
    const resp_rule *rule;
    const char *name;
    char date[APR_RFC822_DATE_LEN];
    apr_time_t when;
    resp_values v;
    size_t len;
    int i;

    name = lco_api_tolstring(L, 2, &len);
    if (strlen(name) != len) {
        return 0;
    }
    name = dashes(req, name);
    rule = find_rule(name);
    if (rule->kind == RESP_TYPE && r->content_type) {
        lua_pushstring(L, r->content_type);
        return 1;
    }

    v.n = 0;
    /* In the order in which httpd sends them. */
    apr_table_do(take_value, &v, r->err_headers_out, name, NULL);
    if (v.n < MAX_VALUES) {
        apr_table_do(take_value, &v, r->headers_out, name, NULL);
    }
    if (!v.n) {
        if (r->content_encoding && rule->of_body &&
            !ap_cstr_casecmp(name, "Content-Encoding")) {
            lua_pushstring(L, r->content_encoding);
            return 1;
        }
        return 0;
    }
    if (rule->kind == RESP_MODIFIED) {
        /* Read back in the one format; nothing if it is no date. */
        when = apr_date_parse_http(v.value[0]);
        if (when == APR_DATE_BAD) {
            return 0;
        }
        apr_rfc822_date(date, when);
        lua_pushstring(L, date);
        return 1;
    }
    if (v.n == 1) {
        lua_pushstring(L, v.value[0]);
        return 1;
    }
    lua_createtable(L, v.n, 0);
    for (i = 0; i < v.n; i++) {
        lua_pushstring(L, v.value[i]);
        lua_rawseti(L, -2, i + 1);
    }
    return 1;
}

static const luaL_Reg header_meta[] = {
    {"__index", header_index},
    {"__newindex", header_newindex},
    {NULL, NULL},
};

void lco_api_open_resp(lua_State *L)
{
    lua_createtable(L, 0, 0);
    luaL_newlib(L, header_meta);
    lua_setmetatable(L, -2);
    lua_setfield(L, -2, "header");
}

/* The secondary connection of a capture: its record, and the filters that take
 * the place of a client.
 *
 * LUACO_CAPTURE stands where httpd would write the response's headers: it
 * keeps status, headers and body.  Below it, on the connection, is a filter
 * that drops whatever gets past (interim responses), and on the way in one
 * that has nothing but the end: a request body comes from req/body_filter.c.
 *
 * The record is made by the parent's owner, inside the VM; the filters run on
 * whoever owns the capture, with the VM left.
 */
#include "req/capture.h"

#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>
#include <http_config.h>
#include <http_connection.h>
#include <http_core.h>
#include <http_log.h>
#include <http_protocol.h>
#include <util_filter.h>

APLOG_USE_MODULE(luaco);

static ap_filter_rec_t *catch_handle, *sink_handle, *input_handle;

/* Modules ask a connection for its socket: secondary ones have this, which is
 * not connected. */
static apr_socket_t *dummy_socket;

lco_capture *lco_capture_of(request_rec *r)
{
    const ap_filter_t *f;

    if (!r->connection->master) {
        return NULL;
    }
    for (f = r->connection->input_filters; f; f = f->next) {
        if (f->frec == input_handle) {
            return f->ctx;
        }
    }
    return NULL;
}

/* ---- the connection ---- */

/* The MPM looks into its own record of a connection and takes it for granted
 * (event_post_read_request); mod_http2 shares it in the same way. */
static void share_mpm_record(conn_rec *from, conn_rec *to)
{
    int i;

    for (i = 0; ap_loaded_modules[i]; i++) {
        if (strcmp(ap_loaded_modules[i]->name, "event.c") == 0) {
            ap_set_module_config(
                to->conn_config, ap_loaded_modules[i],
                ap_get_module_config(from->conn_config, ap_loaded_modules[i]));
        }
    }
}

void lco_capture_connect(lco_capture *cap)
{
    conn_rec *from = cap->parent->r->connection;
    conn_rec *c = apr_pmemdup(cap->pool, from, sizeof(*from));

    c->master = from->master ? from->master : from;
    c->pool = cap->pool;
    c->conn_config = ap_create_conn_config(cap->pool);
    c->notes = apr_table_make(cap->pool, 5);
    c->input_filters = NULL;
    c->output_filters = NULL;
    c->bucket_alloc = apr_bucket_alloc_create(cap->pool);
    c->keepalive = AP_CONN_CLOSE;
    c->keepalives = 0;
    c->data_in_input_filters = 0;
    c->data_in_output_filters = 0;
    c->clogging_input_filters = 1;
    c->aborted = 0;
    c->cs = NULL;
    c->sbh = NULL;
    c->outgoing = 0;
    c->current_thread = NULL;
    ap_set_core_module_config(c->conn_config, dummy_socket);
    share_mpm_record(from, c);
    ap_add_input_filter_handle(input_handle, cap, NULL, c);
    ap_add_output_filter_handle(sink_handle, cap, NULL, c);
    cap->c = c;
}

static apr_status_t read_nothing(ap_filter_t *f, apr_bucket_brigade *bb,
                                 ap_input_mode_t mode, apr_read_type_e block,
                                 apr_off_t readbytes)
{
    (void) mode;
    (void) block;
    (void) readbytes;
    APR_BRIGADE_INSERT_TAIL(bb, apr_bucket_eos_create(f->c->bucket_alloc));
    return APR_SUCCESS;
}

static apr_status_t sink(ap_filter_t *f, apr_bucket_brigade *bb)
{
    (void) f;
    if (bb) {
        apr_brigade_cleanup(bb);
    }
    return APR_SUCCESS;
}

/* ---- the result ---- */

/* BUF with room for N more bytes after *LEN; *CAP is how many it has.  NULL:
 * no memory, BUF is as it was. */
static char *grow(char *buf, apr_size_t len, apr_size_t *cap, apr_size_t n)
{
    apr_size_t want = *cap ? *cap : 256;

    while (want < len + n) {
        want *= 2;
    }
    if (want != *cap) {
        buf = realloc(buf, want);
        *cap = buf ? want : *cap;
    }
    return buf;
}

static int add_header(void *data, const char *name, const char *value)
{
    lco_capture *cap = data;
    apr_size_t n = strlen(name) + 1, v = strlen(value) + 1;
    char *head = grow(cap->head, cap->head_len, &cap->head_cap, n + v);

    if (!head) {
        cap->broken = 1;
        return 0;
    }
    cap->head = head;
    memcpy(head + cap->head_len, name, n);
    memcpy(head + cap->head_len + n, value, v);
    cap->head_len += n + v;
    return 1;
}

static void add(lco_capture *cap, const char *name, const char *value)
{
    if (value) {
        (void) add_header(cap, name, value);
    }
}

void lco_capture_take_head(lco_capture *cap, request_rec *r, int status)
{
    if (cap->has_head) {
        return;
    }
    cap->has_head = 1;
    cap->status = status;
    if (r->no_cache && !apr_table_get(r->headers_out, "Expires")) {
        char *date = apr_palloc(r->pool, APR_RFC822_DATE_LEN);

        (void) apr_rfc822_date(date, r->request_time);
        apr_table_addn(r->headers_out, "Expires", date);
    }
    /* What err_headers_out has counts, as in ap_http_header_filter(). */
    r->headers_out =
        apr_table_overlay(r->pool, r->err_headers_out, r->headers_out);
    apr_table_clear(r->err_headers_out);
    if (apr_table_get(r->notes, "no-etag")) {
        apr_table_unset(r->headers_out, "ETag");
    }
    if (AP_STATUS_IS_HEADER_ONLY(status)) {
        apr_table_unset(r->headers_out, "Content-Length");
    }
    /* They have their own places in httpd's record. */
    apr_table_unset(r->headers_out, "Transfer-Encoding");
    if (r->content_type) {
        apr_table_unset(r->headers_out, "Content-Type");
    }
    if (r->content_encoding) {
        apr_table_unset(r->headers_out, "Content-Encoding");
    }
    apr_table_do(add_header, cap, r->headers_out, NULL);
    add(cap, "Content-Type", ap_make_content_type(r, r->content_type));
    add(cap, "Content-Encoding", r->content_encoding);
    if (r->content_languages && !apr_is_empty_array(r->content_languages) &&
        !apr_table_get(r->headers_out, "Content-Language")) {
        add(cap, "Content-Language",
            apr_array_pstrcat(r->pool, r->content_languages, ','));
    }
}

/* ---- the response ---- */

/* Nothing more of it is wanted. */
static apr_status_t refuse(ap_filter_t *f, lco_capture *cap,
                           apr_bucket_brigade *bb)
{
    cap->broken = 1;
    f->c->aborted = 1;
    f->c->keepalive = AP_CONN_CLOSE;
    apr_brigade_cleanup(bb);
    return APR_ECONNABORTED;
}

/* Keeps what B has.  0: that failed. */
static int keep(ap_filter_t *f, lco_capture *cap, apr_bucket *b)
{
    const char *data;
    apr_size_t len, n, room = LCO_CAPTURE_BODY_MAX - cap->len;
    char *body;
    apr_status_t rv = apr_bucket_read(b, &data, &len, APR_BLOCK_READ);

    if (rv != APR_SUCCESS) {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, rv, f->r,
                      "luaco: reading a captured response failed");
        return 0;
    }
    n = len < room ? len : room;
    body = grow(cap->data, cap->len, &cap->cap, n);
    if (!body) {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, APR_ENOMEM, f->r,
                      "luaco: no memory for a captured response");
        return 0;
    }
    cap->data = body;
    memcpy(body + cap->len, data, n);
    cap->len += n;
    if (len > room) {
        ap_log_rerror(
            APLOG_MARK, APLOG_ERR, 0, f->r,
            "luaco: a captured response is longer than %" APR_SIZE_T_FMT
            " bytes and is cut",
            LCO_CAPTURE_BODY_MAX);
        return 0;
    }
    return 1;
}

static apr_status_t catch_response(ap_filter_t *f, apr_bucket_brigade *bb)
{
    lco_capture *cap = f->ctx;
    request_rec *r = f->r;
    apr_bucket *b;

    if (!bb || APR_BRIGADE_EMPTY(bb)) {
        return APR_SUCCESS;
    }
    if (f->c->aborted || cap->broken || atomic_load(&cap->abandoned)) {
        return refuse(f, cap, bb);
    }
    while (!APR_BRIGADE_EMPTY(bb)) {
        b = APR_BRIGADE_FIRST(bb);
        if (AP_BUCKET_IS_ERROR(b)) {
            /* A status in the place of a response, or the end of one that has
             * begun. */
            lco_capture_take_head(cap, r,
                                  ((ap_bucket_error *) b->data)->status);
            return refuse(f, cap, bb);
        }
        if (AP_BUCKET_IS_EOC(b)) {
            return refuse(f, cap, bb);
        }
        lco_capture_take_head(cap, r, r->status);
        if (APR_BUCKET_IS_EOS(b)) {
            /* Of HEAD no body was looked for, as in nginx. */
            cap->complete = !r->header_only;
            apr_brigade_cleanup(bb);
            return APR_SUCCESS;
        }
        if (!APR_BUCKET_IS_METADATA(b) && !r->header_only &&
            !AP_STATUS_IS_HEADER_ONLY(r->status) && !keep(f, cap, b)) {
            return refuse(f, cap, bb);
        }
        apr_bucket_delete(b);
    }
    return APR_SUCCESS;
}

/* Takes the place of the filters that speak HTTP/1 to a client. */
void lco_capture_catch(lco_capture *cap)
{
    request_rec *r = cap->r;

    ap_remove_output_filter_byhandle(r->output_filters, "BYTERANGE");
    ap_remove_output_filter_byhandle(r->output_filters, "CONTENT_LENGTH");
    ap_remove_output_filter_byhandle(r->output_filters, "HTTP_HEADER");
    ap_remove_output_filter_byhandle(r->output_filters, "HTTP_OUTERROR");
    ap_add_output_filter_handle(catch_handle, cap, r, r->connection);
}

int lco_capture_io_init(apr_pool_t *child_pool)
{
    return apr_socket_create(&dummy_socket, APR_INET, SOCK_STREAM,
                             APR_PROTO_TCP, child_pool) == APR_SUCCESS;
}

void lco_capture_register(void)
{
    catch_handle = ap_register_output_filter("LUACO_CAPTURE", catch_response,
                                             NULL, AP_FTYPE_PROTOCOL);
    sink_handle = ap_register_output_filter("LUACO_CAPTURE_SINK", sink, NULL,
                                            AP_FTYPE_NETWORK);
    input_handle = ap_register_input_filter("LUACO_CAPTURE_IN", read_nothing,
                                            NULL, AP_FTYPE_NETWORK);
}

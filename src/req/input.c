/* Reading the request body through httpd's input filters.
 *
 * Runs on the owner of the request, VM left; the filters of the lower half run
 * inside a read.
 *
 * Two things of httpd's HTTP_IN (modules/http/http_filters.c) are hard for a
 * thread that must not wait.  It answers a bad body by sending the error
 * response itself, in the middle of the read; so the output filters are
 * exchanged for a catcher meanwhile, and the status comes back as any other
 * result.  And it reads the trailers of a chunked body by calls that block; so
 * a filter below it, the holder, keeps the last chunk's line from it until the
 * trailers have come too.
 */
#include "req/input.h"

#include <string.h>
#include <strings.h>

#include <apr_lib.h>
#include <apr_strings.h>
#include <http_core.h>
#include <http_log.h>
#include <http_protocol.h>
#include <http_request.h>
#include <util_filter.h>

#include "req/body.h"
#include "req/conn.h"

APLOG_USE_MODULE(luaco);

/* ---- the holder ---- */

/* Last chunk and trailers together; httpd's own limits are per field. */
#define HOLD_MAX 65536

typedef struct holder {
    apr_bucket_brigade *tmp;
    apr_bucket_brigade *lines; /* whole lines, a bucket each, to be given out */
    char *part;                /* the line that is not complete */
    apr_size_t len, cap;
    apr_size_t held;          /* bytes in lines and part */
    unsigned in_trailers : 1; /* the last chunk's line is in `lines` */
    unsigned release : 1;     /* give out what is held */
} holder;

static ap_filter_rec_t *holder_handle;

/* "0", "000;name=value": the line of the last chunk. */
static int is_last_chunk(const char *line, apr_size_t len)
{
    apr_size_t i = 0;

    while (i < len && line[i] == '0') {
        i++;
    }
    return i > 0 && (i == len || !apr_isxdigit(line[i]));
}

static int is_blank(const char *line, apr_size_t len)
{
    return len == 1 || (len == 2 && line[0] == '\r');
}

/* The line is complete. */
static void keep_line(ap_filter_t *f, holder *h)
{
    apr_bucket *b =
        apr_bucket_heap_create(h->part, h->len, NULL, f->c->bucket_alloc);

    if (!h->in_trailers) {
        h->in_trailers = is_last_chunk(h->part, h->len) ? 1 : 0;
        h->release = !h->in_trailers;
    }
    else if (is_blank(h->part, h->len)) {
        h->release = 1;
    }
    APR_BRIGADE_INSERT_TAIL(h->lines, b);
    h->len = 0;
}

/* Adds what lies in h->tmp to the line. */
static apr_status_t gather(ap_filter_t *f, holder *h)
{
    const char *data;
    apr_size_t len;
    apr_bucket *b;
    apr_status_t rv;

    while (!APR_BRIGADE_EMPTY(h->tmp)) {
        b = APR_BRIGADE_FIRST(h->tmp);
        if (APR_BUCKET_IS_METADATA(b)) {
            apr_bucket_delete(b);
            continue;
        }
        rv = apr_bucket_read(b, &data, &len, APR_NONBLOCK_READ);
        if (rv != APR_SUCCESS) {
            return rv;
        }
        h->held += len;
        if (h->held > HOLD_MAX) {
            return APR_ENOSPC;
        }
        if (h->len + len > h->cap) {
            char *more;

            h->cap = (h->len + len) * 2 + 64;
            more = apr_palloc(f->r->pool, h->cap);
            if (h->len) {
                memcpy(more, h->part, h->len);
            }
            h->part = more;
        }
        memcpy(h->part + h->len, data, len);
        h->len += len;
        apr_bucket_delete(b);
        if (h->len && h->part[h->len - 1] == '\n') {
            keep_line(f, h);
        }
    }
    return APR_SUCCESS;
}

/* Gives out the oldest of what is held.  0: there is nothing. */
static int give(ap_filter_t *f, holder *h, apr_bucket_brigade *bb)
{
    apr_bucket *b;

    if (!APR_BRIGADE_EMPTY(h->lines)) {
        b = APR_BRIGADE_FIRST(h->lines);
        APR_BUCKET_REMOVE(b);
    }
    else if (h->len) {
        b = apr_bucket_heap_create(h->part, h->len, NULL, f->c->bucket_alloc);
        h->len = 0;
    }
    else {
        return 0;
    }
    APR_BRIGADE_INSERT_TAIL(bb, b);
    if (APR_BRIGADE_EMPTY(h->lines)) {
        h->release = 0;
        if (!h->len) {
            h->held = 0;
        }
    }
    return 1;
}

static apr_status_t holder_filter(ap_filter_t *f, apr_bucket_brigade *bb,
                                  ap_input_mode_t mode, apr_read_type_e block,
                                  apr_off_t readbytes)
{
    holder *h = f->ctx;
    apr_status_t rv;

    if (mode == AP_MODE_SPECULATIVE && !APR_BRIGADE_EMPTY(h->lines)) {
        apr_bucket *b = NULL;

        (void) apr_bucket_copy(APR_BRIGADE_FIRST(h->lines), &b);
        APR_BRIGADE_INSERT_TAIL(bb, b);
        return APR_SUCCESS;
    }
    if (mode != AP_MODE_GETLINE && mode != AP_MODE_READBYTES) {
        return ap_get_brigade(f->next, bb, mode, block, readbytes);
    }
    if ((h->release || block == APR_BLOCK_READ) && give(f, h, bb)) {
        return APR_SUCCESS;
    }
    if (block == APR_BLOCK_READ || mode == AP_MODE_READBYTES) {
        return ap_get_brigade(f->next, bb, mode, block, readbytes);
    }
    while (!h->release) {
        rv = ap_get_brigade(f->next, h->tmp, mode, block, readbytes);
        if (rv == APR_SUCCESS && APR_BRIGADE_EMPTY(h->tmp)) {
            rv = APR_EAGAIN;
        }
        if (rv == APR_SUCCESS) {
            rv = gather(f, h);
        }
        if (rv != APR_SUCCESS) {
            apr_brigade_cleanup(h->tmp);
            return rv;
        }
    }
    (void) give(f, h, bb);
    return APR_SUCCESS;
}

static ap_filter_t *find_filter(ap_filter_t *f, const ap_filter_rec_t *rec)
{
    while (f && f->frec != rec) {
        f = f->next;
    }
    return f;
}

static void add_holder(request_rec *r)
{
    holder *h;

    if (!apr_table_get(r->headers_in, "Transfer-Encoding") ||
        find_filter(r->proto_input_filters, holder_handle)) {
        return;
    }
    h = apr_pcalloc(r->pool, sizeof(*h));
    h->tmp = apr_brigade_create(r->pool, r->connection->bucket_alloc);
    h->lines = apr_brigade_create(r->pool, r->connection->bucket_alloc);
    (void) ap_add_input_filter_handle(holder_handle, h, r, r->connection);
}

void lco_input_register(void)
{
    /* Just below HTTP_IN. */
    holder_handle = ap_register_input_filter("LUACO_HOLD", holder_filter, NULL,
                                             AP_FTYPE_PROTOCOL + 1);
}

/* ---- the catcher ---- */

/* httpd's filter for bodies; its handle is not exported. */
static ap_filter_t *http_in(request_rec *r)
{
    ap_filter_t *f;

    for (f = r->proto_input_filters; f && strcmp(f->frec->name, "http_in") != 0;
         f = f->next) {
    }
    return f;
}

static apr_status_t catch_error(ap_filter_t *f, apr_bucket_brigade *bb)
{
    int *status = f->ctx;
    apr_bucket *b;

    for (b = APR_BRIGADE_FIRST(bb); b != APR_BRIGADE_SENTINEL(bb);
         b = APR_BUCKET_NEXT(b)) {
        if (AP_BUCKET_IS_ERROR(b)) {
            *status = ((ap_bucket_error *) b->data)->status;
        }
    }
    apr_brigade_cleanup(bb);
    return AP_FILTER_ERROR;
}

static ap_filter_rec_t catcher_rec = {
    .name = "luaco_catcher",
    .filter_func.out_func = catch_error,
    .ftype = AP_FTYPE_RESOURCE,
};

/* Reads with the output filters exchanged; *STATUS becomes that of an error
 * response, if one was meant to be sent. */
static apr_status_t read_caught(request_rec *r, ap_filter_t *from,
                                apr_bucket_brigade *bb, apr_read_type_e block,
                                apr_off_t max, int *status)
{
    ap_filter_t *http = http_in(r);
    request_rec *sender = http && http->r ? http->r : r;
    ap_filter_t *saved = sender->output_filters;
    ap_filter_t catcher = {
        .frec = &catcher_rec, .ctx = status, .c = r->connection};
    apr_status_t rv;

    sender->output_filters = &catcher;
    rv = ap_get_brigade(from, bb, AP_MODE_READBYTES, block, max);
    sender->output_filters = saved;
    return rv;
}

/* ---- which filters may be read without waiting ---- */

static const char *const known_filters[] = {
    "http_in",    "luaco_hold",       "luaco_body",     "luaco_body_raw",
    "reqtimeout", "ssl/tls filter",   "ssl/tls buffer", "core_in",
    "deflate",    "log_input_output", "luaco_head",     NULL,
};

int lco_input_are_known(const ap_filter_t *f)
{
    int i;

    for (; f; f = f->next) {
        for (i = 0; known_filters[i] &&
                    strcasecmp(f->frec->name, known_filters[i]) != 0;
             i++) {
        }
        if (!known_filters[i]) {
            return 0;
        }
    }
    return 1;
}

int lco_input_can_poll(const lco_req *req)
{
    return req->conn && !req->thread_waits && !req->r->main &&
           lco_input_are_known(req->r->input_filters);
}

int lco_input_announced(const lco_req *req)
{
    return req->sent_coding ||
           (req->sent_length && strcmp(req->sent_length, "0") != 0);
}

void lco_input_note(lco_req *req)
{
    const request_rec *r;
    const lco_req *before;

    if (req->sent_known) {
        return;
    }
    req->sent_known = 1;
    for (r = req->r->prev; r; r = r->prev) {
        before = lco_req_find((request_rec *) r);
        if (before && before->sent_known) {
            req->sent_length = before->sent_length;
            req->sent_coding = before->sent_coding;
            return;
        }
    }
    req->sent_length = apr_table_get(req->r->headers_in, "Content-Length");
    req->sent_coding = apr_table_get(req->r->headers_in, "Transfer-Encoding");
}

int lco_input_is_open(const lco_req *req)
{
    return req->body ? !lco_body_is_over(req->body) : lco_input_announced(req);
}

/* ---- reading ---- */

/* HTTP_IN leaves this to its caller where it must not block. */
static void send_continue(lco_req *req)
{
    request_rec *r = req->r;
    const char *saved_line = r->status_line;
    int saved = r->status;

    if (!r->expecting_100 || r->proto_num < HTTP_VERSION(1, 1) || r->eos_sent ||
        r->bytes_sent || req->header_sent || !ap_is_HTTP_SUCCESS(saved)) {
        return;
    }
    r->status = HTTP_CONTINUE;
    r->status_line = NULL;
    ap_send_interim_response(r, 0); /* clears expecting_100 */
    r->status = saved;
    r->status_line = saved_line;
}

/* Takes from BB what is no data.  1: the end was among it; *STATUS becomes
 * that of an error bucket. */
static int sift(apr_bucket_brigade *bb, int *status)
{
    apr_bucket *b, *next;
    int end = 0;

    for (b = APR_BRIGADE_FIRST(bb); b != APR_BRIGADE_SENTINEL(bb); b = next) {
        next = APR_BUCKET_NEXT(b);
        if (APR_BUCKET_IS_EOS(b)) {
            end = 1;
        }
        if (AP_BUCKET_IS_ERROR(b)) {
            *status = ((ap_bucket_error *) b->data)->status;
        }
        if (APR_BUCKET_IS_METADATA(b)) {
            apr_bucket_delete(b);
        }
    }
    return end;
}

/* While the request may be parked nothing blocks: TLS may have to write.  A
 * thread that waits may block for that. */
static void set_nonblock(lco_req *req, int on)
{
    if (req->conn && !req->thread_waits) {
        req->conn->nonblock = on ? 1 : 0;
    }
}

lco_got lco_input_read_raw(lco_req *req, apr_bucket_brigade *bb, apr_off_t max,
                           apr_status_t *rv)
{
    conn_rec *c = req->r->connection;
    int status = 0, end;

    set_nonblock(req, 1);
    *rv = ap_get_brigade(c->input_filters, bb, AP_MODE_READBYTES,
                         APR_NONBLOCK_READ, max);
    set_nonblock(req, 0);
    if (*rv == APR_SUCCESS) {
        end = sift(bb, &status);
        if (!APR_BRIGADE_EMPTY(bb)) {
            return LCO_GOT_DATA;
        }
        return end ? LCO_GOT_END : LCO_GOT_NOTHING;
    }
    apr_brigade_cleanup(bb);
    if (APR_STATUS_IS_EAGAIN(*rv)) {
        return LCO_GOT_NOTHING;
    }
    return APR_STATUS_IS_EOF(*rv) ? LCO_GOT_END : LCO_GOT_FAILED;
}

lco_got lco_input_read(lco_req *req, apr_bucket_brigade *bb, apr_off_t max,
                       int block, int *status)
{
    request_rec *r = req->r;
    lco_conn *conn = req->conn;
    ap_filter_t *from = lco_body_below(r, req->body);
    apr_status_t rv;

    *status = 0;
    lco_input_guard(req);
    if (!block) {
        add_holder(r);
        set_nonblock(req, 1);
    }
    rv = read_caught(r, from, bb, block ? APR_BLOCK_READ : APR_NONBLOCK_READ,
                     max, status);
    if (!block) {
        if (APR_STATUS_IS_EAGAIN(rv)) {
            send_continue(req);
            if (conn && r->connection->data_in_output_filters) {
                (void) lco_gate_push(conn);
            }
        }
        else if (rv == APR_SUCCESS && !APR_BRIGADE_EMPTY(bb)) {
            /* What has come needs no invitation any more. */
            r->expecting_100 = 0;
        }
        set_nonblock(req, 0);
        if (APR_STATUS_IS_EAGAIN(rv)) {
            apr_brigade_cleanup(bb);
            return LCO_GOT_NOTHING;
        }
    }
    if (rv == APR_SUCCESS) {
        int end = sift(bb, status);

        if (!*status) {
            return end ? LCO_GOT_END : LCO_GOT_DATA;
        }
    }
    apr_brigade_cleanup(bb);
    r->connection->keepalive = AP_CONN_CLOSE;
    req->input_gone =
        !*status &&
        (APR_STATUS_IS_EOF(rv) || APR_STATUS_IS_INCOMPLETE(rv) ||
         APR_STATUS_IS_ECONNRESET(rv) || APR_STATUS_IS_ECONNABORTED(rv));
    if (!*status) {
        *status = ap_map_http_request_error(rv, HTTP_BAD_REQUEST);
    }
    if (*status < HTTP_BAD_REQUEST) {
        *status = HTTP_INTERNAL_SERVER_ERROR; /* AP_FILTER_ERROR */
    }
    ap_log_rerror(APLOG_MARK, APLOG_INFO, rv, r,
                  "luaco: reading the request body failed: %d", *status);
    return LCO_GOT_FAILED;
}

static void put_header(request_rec *r, const char *name, const char *value)
{
    if (value) {
        apr_table_setn(r->headers_in, name, value);
    }
    else {
        apr_table_unset(r->headers_in, name);
    }
}

void lco_input_pin(lco_req *req)
{
    const char *length, *coding;
    unsigned nonblock = 0; /* a filter phase may be in a write */
    request_rec *r = req->r;
    ap_filter_t *http = http_in(r);
    lco_conn *conn = req->conn;
    apr_bucket_brigade *bb;
    int status = 0;

    (void) lco_body_of(req); /* notes whether there is one */
    if (!http || http->ctx || r->main) {
        return; /* HTTP_IN has looked at the header already */
    }
    length = apr_table_get(r->headers_in, "Content-Length");
    coding = apr_table_get(r->headers_in, "Transfer-Encoding");
    put_header(r, "Content-Length", req->sent_length);
    put_header(r, "Transfer-Encoding", req->sent_coding);
    add_holder(r);
    if (conn) {
        nonblock = conn->nonblock;
        conn->nonblock = 1;
    }
    bb = apr_brigade_create(r->pool, r->connection->bucket_alloc);
    /* No byte is asked for: what it reads is the line of a chunk at most. */
    (void) read_caught(r, http, bb, APR_NONBLOCK_READ, 0, &status);
    apr_brigade_destroy(bb);
    if (conn) {
        conn->nonblock = nonblock ? 1 : 0;
    }
    put_header(r, "Content-Length", length);
    put_header(r, "Transfer-Encoding", coding);
    if (status) {
        lco_body_fail(req, status); /* it would not be said again */
    }
}

static int is_same(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

void lco_input_guard(lco_req *req)
{
    const apr_table_t *in = req->r->headers_in;

    if (req->sent_known && !req->r->main &&
        (!is_same(apr_table_get(in, "Content-Length"), req->sent_length) ||
         !is_same(apr_table_get(in, "Transfer-Encoding"), req->sent_coding))) {
        lco_input_pin(req);
    }
}

/* The outbox: what Lua wrote, on its way to the output filters.
 *
 * ngx.print only appends, inside the VM.  The owner drains with the VM left
 * (rule 12): all at once where the thread may block, in pieces through the
 * gate where it must not.  The headers go with the first piece; from Lua's
 * view they are sent with the first ngx.say, so nothing may change them in
 * between.
 */
#include "req/outbox.h"

#include <string.h>

#include <apr_strings.h>
#include <http_core.h>
#include <http_log.h>
#include <http_protocol.h>
#include <http_request.h>
#include <mod_core.h>
#include <util_filter.h>
#include <util_time.h>

#include "req/conn.h"
#include "req/down.h"
#include "req/lent.h"

APLOG_USE_MODULE(luaco);

/* With headers and chunk sizes around it the gate passes it in one write. */
#define PIECE 49152

/* What any socket with nothing in it takes. */
#define TAKEN_AT_ONCE 8192

static apr_bucket_brigade *outbox(lco_req *req)
{
    if (!req->out) {
        req->out =
            apr_brigade_create(req->r->pool, req->r->connection->bucket_alloc);
    }
    return req->out;
}

int lco_out_knows(int status)
{
    return status == HTTP_INTERNAL_SERVER_ERROR ||
           ap_index_of_response(status) !=
               ap_index_of_response(HTTP_INTERNAL_SERVER_ERROR);
}

void lco_out_status(request_rec *r, int status)
{
    r->status = status;
    /* httpd would answer 500 for one that it has no words for. */
    r->status_line =
        lco_out_knows(status) ? NULL : apr_psprintf(r->pool, "%d ", status);
}

/* Conditional requests, by the Last-Modified and ETag that Lua set. */
static void meet_conditions(lco_req *req)
{
    request_rec *r = req->r;
    int rc;

    if (r->status != HTTP_OK || r->main ||
        (!apr_table_get(r->headers_in, "If-None-Match") &&
         !apr_table_get(r->headers_in, "If-Modified-Since") &&
         !apr_table_get(r->headers_in, "If-Match") &&
         !apr_table_get(r->headers_in, "If-Unmodified-Since"))) {
        return;
    }
    rc = ap_meets_conditions(r);
    if (rc == HTTP_NOT_MODIFIED) {
        lco_out_status(r, rc);
        req->status_set = rc;
    }
    else if (rc != OK) {
        req->refused = rc;
        req->status_set = rc;
        apr_table_clear(r->err_headers_out); /* they are not the page's */
    }
}

/* Lua said that it takes no ranges: httpd's filter would all the same. */
static void meet_no_ranges(request_rec *r)
{
    const char *value = apr_table_get(r->headers_out, "Accept-Ranges");
    ap_filter_t *f;

    if (!value || ap_cstr_casecmp(value, "none")) {
        return;
    }
    for (f = r->output_filters; f; f = f->next) {
        if (f->frec == ap_byterange_filter_handle) {
            ap_remove_output_filter(f);
            return;
        }
    }
}

/* From here on the headers are as they will be sent. */
static void fix_headers(lco_req *req)
{
    request_rec *r = req->r;

    if (req->header_sent) {
        return;
    }
    req->header_sent = 1;
    if (req->status_set) {
        lco_out_status(r, req->status_set);
    }
    if (!r->content_type && !req->mime_set &&
        req->dconf->use_default_type != 0) {
        ap_set_content_type(r, "text/plain");
    }
    meet_conditions(req);
    meet_no_ranges(r);
}

/* Does a response to HTTP/1.0 wait for its end, since only a Content-Length
 * lets the connection live on? */
static int must_buffer(lco_req *req)
{
    const request_rec *r = req->r;

    if (r->proto_num < HTTP_VERSION(1, 1) && !req->header_sent && !r->main &&
        !req->capture && !r->header_only && req->dconf->http10_buffering != 0 &&
        !apr_table_get(r->headers_out, "Content-Length")) {
        req->buffering = 1;
        if (!req->status_set) {
            req->status_set = r->status;
        }
    }
    return req->buffering;
}

int lco_out_headers(lco_req *req)
{
    if (req->eof) {
        return -1;
    }
    (void) outbox(req);
    if (!must_buffer(req)) {
        fix_headers(req);
    }
    return 0;
}

int lco_out_write(lco_req *req, const char *data, apr_size_t len)
{
    if (lco_out_headers(req) != 0) {
        return -1;
    }
    req->seen_body = 1;
    if (len == 0 || req->aborted || req->refused || req->r->header_only) {
        return 0;
    }
    if (apr_brigade_write(req->out, NULL, NULL, data, len) != APR_SUCCESS) {
        return -1;
    }
    req->out_bytes += (apr_off_t) len;
    return 0;
}

int lco_out_raw(lco_req *req, const char *data, apr_size_t len)
{
    if (apr_brigade_write(outbox(req), NULL, NULL, data, len) != APR_SUCCESS) {
        return -1;
    }
    req->out_bytes += (apr_off_t) len;
    req->r->bytes_sent += (apr_off_t) len;
    req->flush_asked = 1;
    return 0;
}

int lco_out_is_pending(const lco_req *req)
{
    return (req->header_sent && !req->raw && !req->passed) ||
           (req->out && !APR_BRIGADE_EMPTY(req->out)) || req->flush_asked ||
           lco_out_is_held(req);
}

int lco_out_string(lco_req *req, lua_State *L, int idx)
{
    size_t len;
    const char *data = lua_tolstring(L, idx, &len);
    apr_bucket *b;

    if (len < LCO_LENT_MIN || req->aborted || req->refused ||
        req->r->header_only || lco_out_headers(req) != 0) {
        return lco_out_write(req, data, len);
    }
    b = lco_lent_create(L, idx, req->r->connection->bucket_alloc);
    req->seen_body = 1;
    APR_BRIGADE_INSERT_TAIL(req->out, b);
    req->out_bytes += (apr_off_t) len;
    return 0;
}

int lco_out_eof(lco_req *req)
{
    if (req->eof) {
        return -1;
    }
    (void) outbox(req);
    fix_headers(req);
    req->eof = 1;
    APR_BRIGADE_INSERT_TAIL(
        req->out, apr_bucket_eos_create(req->r->connection->bucket_alloc));
    return 0;
}

/* Filters that neither block nor look at the thread they run on (rule 11).
 * BYTYPE:DEFLATE is what AddOutputFilterByType makes of DEFLATE. */
static const char *const known_filters[] = {"http_header",
                                            "content_length",
                                            "byterange",
                                            "chunk",
                                            "old_write",
                                            "deflate",
                                            "bytype:deflate",
                                            "http_outerror",
                                            "ssl/tls filter",
                                            "ssl/tls coalescing filter",
                                            "core",
                                            "luaco_gate",
                                            "reqtimeout",
                                            "log_input_output",
                                            "fixup_headers_out",
                                            "fixup_headers_err",
                                            "brotli_compress",
                                            "bytype:brotli_compress",
                                            "luaco_header",
                                            "luaco_body",
                                            "luaco_capture",
                                            "luaco_capture_sink",
                                            NULL};

#define KNOWN (sizeof(known_filters) / sizeof(known_filters[0]) - 1)

/* The same as registered, NULL where httpd lacks one. */
static const ap_filter_rec_t *known_recs[KNOWN];

void lco_out_child_init(void)
{
    size_t i;

    for (i = 0; i < KNOWN; i++) {
        known_recs[i] = ap_get_output_filter_handle(known_filters[i]);
    }
}

static int is_known(const ap_filter_rec_t *rec)
{
    size_t i;

    for (i = 0; i < KNOWN; i++) {
        if (rec == known_recs[i]) {
            return 1;
        }
    }
    /* mod_filter makes records that it does not register. */
    for (i = 0; i < KNOWN; i++) {
        if (strcasecmp(rec->name, known_filters[i]) == 0) {
            return 1;
        }
    }
    return 0;
}

/* Where the output goes. */
static ap_filter_t *first_filter(const lco_req *req)
{
    const request_rec *r = req->r;

    return req->direct ? r->connection->output_filters : r->output_filters;
}

int lco_out_filters_known(const lco_req *req)
{
    core_server_config *conf = ap_get_core_module_config(
        req->r->connection->base_server->module_config);
    ap_filter_t *f;

    if (conf->flush_max_threshold == 0) {
        return 0; /* the core's own filter blocks on each byte */
    }
    for (f = first_filter(req); f; f = f->next) {
        if (!is_known(f->frec)) {
            return 0;
        }
    }
    return 1;
}

/* Moves about LEN bytes from the outbox to pass_bb. */
static void take_piece(lco_req *req, apr_off_t len)
{
    apr_bucket *after;

    if (!req->pass_bb) {
        req->pass_bb =
            apr_brigade_create(req->r->pool, req->r->connection->bucket_alloc);
    }
    if (req->out_bytes <= len) {
        APR_BRIGADE_CONCAT(req->pass_bb, req->out);
        req->out_bytes = 0;
        return;
    }
    if (apr_brigade_partition(req->out, len, &after) != APR_SUCCESS) {
        APR_BRIGADE_CONCAT(req->pass_bb, req->out);
        req->out_bytes = 0;
        return;
    }
    {
        apr_bucket_brigade *whole = req->out;

        req->out = apr_brigade_split_ex(whole, after, req->pass_bb);
        req->pass_bb = whole;
    }
    req->out_bytes -= len;
}

int lco_out_is_held(const lco_req *req)
{
    return !req->aborted && req->conn && req->conn->held &&
           !APR_BRIGADE_EMPTY(req->conn->held);
}

void lco_out_drop(lco_req *req)
{
    req->flush_asked = 0;
    if (req->out) {
        apr_brigade_cleanup(req->out);
    }
    req->out_bytes = 0;
}

static void note_gone(lco_req *req)
{
    if (req->refused && !req->r->connection->aborted) {
        lco_out_drop(req); /* the client is there, waiting for a page */
        return;
    }
    if (req->conn && lco_out_is_held(req)) {
        apr_brigade_cleanup(req->conn->held);
    }
    req->aborted = 1;
    lco_out_drop(req);
}

/* The head of a 101, and with it the end of HTTP here: what follows goes to
 * the client as it is.  httpd's own filters for heads would announce the length
 * of a body, and the end of the connection. */
static void switch_protocols(lco_req *req)
{
    request_rec *r = req->r;
    apr_table_t *h;

    h = apr_table_overlay(r->pool, r->err_headers_out, r->headers_out);
    if (!apr_table_get(h, "Connection")) {
        apr_table_setn(h, "Connection", "upgrade");
    }
    if (!apr_table_get(h, "Date")) {
        char *date = apr_palloc(r->pool, APR_RFC822_DATE_LEN);

        ap_recent_rfc822_date(date, r->request_time);
        apr_table_setn(h, "Date", date);
    }
    if (!apr_table_get(h, "Server") && *ap_get_server_banner()) {
        apr_table_setn(h, "Server", ap_get_server_banner());
    }
    if (r->content_type && !apr_table_get(h, "Content-Type")) {
        apr_table_setn(h, "Content-Type", r->content_type);
    }
    apr_table_unset(h, "Content-Length");
    apr_table_unset(h, "Transfer-Encoding");
    r->headers_out = h;
    req->direct = 1;
    r->connection->keepalive = AP_CONN_CLOSE;
    ap_send_interim_response(r, 1);
    r->headers_out = h; /* for the log: it was emptied */
}

static int is_switch(const lco_req *req)
{
    const request_rec *r = req->r;

    return r->status == HTTP_SWITCHING_PROTOCOLS && !req->passed &&
           !req->direct && !r->connection->master &&
           r->proto_num >= HTTP_VERSION(1, 1);
}

/* Passes pass_bb to the connection. */
static apr_status_t pass_direct(lco_req *req)
{
    apr_bucket *last = APR_BRIGADE_LAST(req->pass_bb);
    int blocks = req->thread_waits || !req->conn;
    apr_interval_time_t was = 0;
    apr_socket_t *sock;
    apr_status_t rv;

    if (last != APR_BRIGADE_SENTINEL(req->pass_bb) && APR_BUCKET_IS_EOS(last)) {
        apr_bucket_delete(last);
        req->r->eos_sent = 1; /* to a request's filters there is nothing */
    }
    if (APR_BRIGADE_EMPTY(req->pass_bb)) {
        return APR_SUCCESS;
    }
    sock = blocks ? lco_down_limit(req, &was) : NULL;
    rv = ap_pass_brigade(first_filter(req), req->pass_bb);
    lco_down_unlimit(req, sock, was, rv);
    return rv;
}

/* Passes pass_bb.  0: the client is gone or a filter failed. */
static int pass(lco_req *req)
{
    request_rec *r = req->r;
    apr_status_t rv;

    if (is_switch(req)) {
        switch_protocols(req);
    }
    if (!APR_BRIGADE_EMPTY(req->pass_bb) &&
        APR_BUCKET_IS_EOS(APR_BRIGADE_LAST(req->pass_bb))) {
        req->eos_passed = 1;
    }
    if (req->phase != LCO_PHASE_HANDLER && !req->filters_in && !req->direct) {
        /* An earlier phase that answers: no handler will be invoked, before
         * which httpd inserts them. */
        req->filters_in = 1;
        ap_run_insert_filter(r);
    }
    req->passed = 1;
    req->passing = 1;
    rv = req->direct ? pass_direct(req)
                     : ap_pass_brigade(r->output_filters, req->pass_bb);
    req->passing = 0;
    apr_brigade_cleanup(req->pass_bb);
    if (rv != APR_SUCCESS || r->connection->aborted) {
        note_gone(req);
        return 0;
    }
    return 1;
}

static void add_flush(lco_req *req)
{
    if (req->flush_asked) {
        APR_BRIGADE_INSERT_TAIL(
            req->out,
            apr_bucket_flush_create(req->r->connection->bucket_alloc));
        req->flush_asked = 0;
    }
}

static lco_drained drain_blocking(lco_req *req)
{
    if (req->flush_waits || lco_out_is_held(req)) {
        req->flush_asked = 1;
    }
    add_flush(req);
    if (APR_BRIGADE_EMPTY(req->out)) {
        return LCO_DRAIN_CLEAR;
    }
    take_piece(req, req->out_bytes);
    return pass(req) ? LCO_DRAIN_CLEAR : LCO_DRAIN_GONE;
}

lco_drained lco_out_drain(lco_req *req, int on_loop)
{
    lco_conn *conn = req->conn;
    int wants_all = req->flush_asked || req->flush_waits;
    int rc;

    if (!req->out || lco_out_buffers(req)) {
        return LCO_DRAIN_CLEAR;
    }
    if (req->refused) {
        lco_out_drop(req);
        return LCO_DRAIN_CLEAR;
    }
    if (req->aborted || req->r->connection->aborted) {
        note_gone(req);
        return LCO_DRAIN_GONE;
    }
    if (req->thread_waits || !conn) {
        if (on_loop && !lco_out_filters_known(req)) {
            return LCO_DRAIN_WORKER; /* of a capture: else it is memory */
        }
        return drain_blocking(req);
    }
    if (conn->send_timeout) {
        ap_log_rerror(APLOG_MARK, APLOG_INFO, APR_TIMEUP, req->r,
                      "luaco: the client reads nothing");
        req->r->connection->aborted = 1;
        note_gone(req);
        return LCO_DRAIN_GONE;
    }
    if (!APR_BRIGADE_EMPTY(req->out) || req->flush_asked) {
        if (on_loop && !lco_out_filters_known(req)) {
            return LCO_DRAIN_WORKER;
        }
    }
    conn->nonblock = 1;
    for (;;) {
        rc = 1;
        if (conn->c->data_in_output_filters ||
            (conn->held && !APR_BRIGADE_EMPTY(conn->held))) {
            rc = lco_gate_push(conn);
        }
        if (rc <= 0) {
            break;
        }
        if (APR_BRIGADE_EMPTY(req->out) && !req->flush_asked) {
            break;
        }
        if (req->out_bytes <= PIECE) {
            add_flush(req);
        }
        take_piece(req, PIECE);
        conn->wrote = 1; /* what went before has left the core */
        if (!pass(req)) {
            rc = -1;
            break;
        }
        if (!wants_all && APR_BRIGADE_EMPTY(req->out)) {
            /* The rest may lie in the core's buffer, as httpd does it. */
            break;
        }
    }
    conn->nonblock = 0;
    if (rc < 0) {
        note_gone(req);
        return LCO_DRAIN_GONE;
    }
    if (lco_out_is_held(req) ||
        (rc == 0 && (wants_all || !APR_BRIGADE_EMPTY(req->out)))) {
        return LCO_DRAIN_SLOW;
    }
    return LCO_DRAIN_CLEAR;
}

int lco_out_fits(const lco_req *req)
{
    const core_server_config *conf = ap_get_core_module_config(
        req->r->connection->base_server->module_config);

    return conf->flush_max_threshold &&
           req->out_bytes <=
               (apr_off_t) conf->flush_max_threshold + TAKEN_AT_ONCE &&
           !req->r->connection->data_in_output_filters && !lco_out_is_held(req);
}

int lco_out_is_short(const lco_req *req)
{
    return (req->out_bytes <= PIECE || lco_out_buffers(req)) &&
           !lco_out_is_held(req);
}

void lco_out_finish(lco_req *req)
{
    if (!req->eof) {
        (void) lco_out_eof(req);
    }
    if (req->refused) {
        lco_out_drop(req);
        return;
    }
    if (req->aborted || req->r->connection->aborted) {
        note_gone(req);
        return;
    }
    if (!APR_BRIGADE_EMPTY(req->out)) {
        take_piece(req, req->out_bytes);
        (void) pass(req);
    }
}

void lco_out_break(lco_req *req, int silently)
{
    if (!silently && req->out && !req->aborted) {
        req->flush_asked = 1;
        (void) lco_out_drain(req, 0);
    }
    note_gone(req);
    req->eof = 1;
    req->r->connection->keepalive = AP_CONN_CLOSE;
    req->r->connection->aborted = 1;
}

/* LuaCoBodyFilter: the Lua sees the body piece by piece and changes it.
 *
 * A piece is what one brigade brings, 32 KiB at most; some of them go through
 * the Lua at once, so that a body of any size passes through little memory.  It
 * is read here, with the VM left: files, pipes and sockets may block, and so
 * may the first look at a mapped page. The VM is entered for the Lua alone; the
 * result is passed on with it left.
 *
 * Runs on whichever thread passes the brigade.  On a loop thread that is what
 * the outbox hands on, which is memory.
 */
#include "httpd/filter_body.h"

#include <unistd.h>

#include <apr_strings.h>
#include <http_connection.h>
#include <http_log.h>
#include <http_protocol.h>
#include <util_filter.h>

#include "httpd/conf.h"
#include "req/call.h"

APLOG_USE_MODULE(luaco);

#define PIECE 32768
/* As many go through the Lua in one visit to the VM. */
#define PIECES 4
/* A file is read in all of them at once: the pieces are parts of one buffer.
 * A page more, since apr_bucket_file_set_buf_size reads less than it is told,
 * by its own record, and what is left over makes the next piece one of two
 * buckets, which has to be put together. */
#define READ_SIZE (PIECES * PIECE + page_size)

#define NO_LIMIT ((apr_off_t) -1)

static ap_filter_rec_t *body_handle;
static apr_size_t page_size;

typedef struct body_ctx {
    const lco_code *code;
    lco_piece pieces[PIECES];
    int n;          /* of them that are full */
    apr_size_t len; /* of the one after them, which is gathered */
    apr_bucket_brigade *out;
    apr_off_t left;         /* of the Content-Length that Lua chose */
    unsigned unflushed : 1; /* something was passed on since the last flush */
    unsigned over : 1;      /* the end of the body has been passed on */
} body_ctx;

static body_ctx *make_ctx(request_rec *r)
{
    body_ctx *ctx = apr_pcalloc(r->pool, sizeof(*ctx));

    ctx->code =
        lco_conf_code(lco_conf_dir(r->per_dir_config), LCO_PHASE_BODY_FILTER);
    return ctx;
}

/* The body may come to any length now.  A Content-Length that Lua chose, in
 * the knowledge of that, stays; then the body is held to it. */
static void forget_length(request_rec *r, body_ctx *ctx)
{
    const lco_req *req = lco_req_find(r);
    const char *length = apr_table_get(r->headers_out, "Content-Length");

    ctx->left = NO_LIMIT;
    if (length && req && req->length_set) {
        ctx->left = (apr_off_t) apr_atoi64(length);
        return;
    }
    apr_table_unset(r->headers_out, "Content-Length");
    r->clength = 0;
}

static int has_no_body(const request_rec *r)
{
    return r->header_only || AP_STATUS_IS_HEADER_ONLY(r->status);
}

static apr_status_t pass_out(ap_filter_t *f, body_ctx *ctx)
{
    apr_status_t rv;

    if (APR_BRIGADE_EMPTY(ctx->out)) {
        return APR_SUCCESS;
    }
    ctx->unflushed = !APR_BUCKET_IS_FLUSH(APR_BRIGADE_LAST(ctx->out));
    rv = ap_pass_brigade(f->next, ctx->out);
    apr_brigade_cleanup(ctx->out);
    if (rv == APR_SUCCESS && f->r->connection->aborted) {
        rv = APR_ECONNABORTED;
    }
    return rv;
}

/* Holds the piece to the Content-Length.  Nonzero: the body is too short. */
static int meet_length(request_rec *r, body_ctx *ctx, lco_piece *piece)
{
    apr_bucket *after;
    apr_off_t len;

    if (ctx->left == NO_LIMIT) {
        return 0;
    }
    (void) apr_brigade_length(piece->data, 1, &len);
    if (len > ctx->left) {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
                      "%s: the body is longer than the Content-Length that was "
                      "set, it is cut",
                      lco_phase_names[LCO_PHASE_BODY_FILTER]);
        (void) apr_brigade_partition(piece->data, ctx->left, &after);
        while (after != APR_BRIGADE_SENTINEL(piece->data)) {
            apr_bucket *next = APR_BUCKET_NEXT(after);

            apr_bucket_delete(after);
            after = next;
        }
        len = ctx->left;
    }
    ctx->left -= len;
    if (piece->eof && ctx->left > 0) {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
                      "%s: the body is shorter than the Content-Length that "
                      "was set",
                      lco_phase_names[LCO_PHASE_BODY_FILTER]);
        return 1;
    }
    return 0;
}

/* The piece that is gathered. */
static apr_bucket_brigade *current(ap_filter_t *f, body_ctx *ctx)
{
    lco_piece *piece = &ctx->pieces[ctx->n];

    if (!piece->data) {
        piece->data = apr_brigade_create(f->r->pool, ctx->out->bucket_alloc);
    }
    return piece->data;
}

static int has_data(const body_ctx *ctx)
{
    return ctx->n || ctx->len;
}

/* Runs the Lua over what was gathered; what it leaves is passed on. */
static apr_status_t run(ap_filter_t *f, body_ctx *ctx, int eof)
{
    request_rec *r = f->r;
    apr_status_t rv;
    int i, n = ctx->n, good, ended, is_cut;

    if (ctx->len || eof) {
        (void) current(f, ctx);
        n++;
    }
    for (i = 0; i < n; i++) {
        ctx->pieces[i].eof = eof && i == n - 1;
    }
    ctx->n = 0;
    ctx->len = 0;
    good = lco_call_body(r, ctx->code, ctx->pieces, n, &ended);
    is_cut = ended && (good == 0 || !ctx->pieces[good - 1].eof);
    if (eof && good == n) {
        ended = 1;
        is_cut = 0;
        ctx->pieces[n - 1].eof = 1; /* nothing comes that could end it later */
    }
    for (i = 0; i < n; i++) {
        if (i >= good) {
            apr_brigade_cleanup(ctx->pieces[i].data);
            continue;
        }
        is_cut |= meet_length(r, ctx, &ctx->pieces[i]);
        APR_BRIGADE_CONCAT(ctx->out, ctx->pieces[i].data);
    }
    if (ended) {
        ctx->over = 1;
        if (!is_cut) {
            APR_BRIGADE_INSERT_TAIL(
                ctx->out, apr_bucket_eos_create(ctx->out->bucket_alloc));
        }
    }
    rv = pass_out(f, ctx);
    return rv == APR_SUCCESS && is_cut ? lco_call_cut(r) : rv;
}

/* The pages of a mapped file come from the disk when they are touched: better
 * here than with the VM entered. */
static void touch(const char *data, apr_size_t len)
{
    volatile char sink;
    apr_size_t i;

    for (i = 0; i < len; i += page_size) {
        sink = data[i];
    }
    if (len) {
        sink = data[len - 1];
    }
    (void) sink;
}

/* Reads the bucket at the start of BB and moves as much of it as a piece takes
 * to the piece. */
static apr_status_t gather(ap_filter_t *f, body_ctx *ctx,
                           apr_bucket_brigade *bb)
{
    apr_bucket *b = APR_BRIGADE_FIRST(bb);
    apr_status_t rv;
    const char *data;
    apr_size_t len;

    if (APR_BUCKET_IS_FILE(b)) {
        /* To map and unmap it would cost more than the copy, in all threads,
         * and the Lua wants a copy anyway. */
        (void) apr_bucket_file_enable_mmap(b, 0);
        (void) apr_bucket_file_set_buf_size(b, READ_SIZE);
    }
    rv = apr_bucket_read(b, &data, &len, APR_NONBLOCK_READ);
    if (APR_STATUS_IS_EAGAIN(rv)) {
        /* The producer is slow: the client gets what there is. */
        rv = has_data(ctx) ? run(f, ctx, 0) : APR_SUCCESS;
        if (rv == APR_SUCCESS && ctx->unflushed) {
            APR_BRIGADE_INSERT_TAIL(
                ctx->out, apr_bucket_flush_create(ctx->out->bucket_alloc));
            rv = pass_out(f, ctx);
        }
        if (rv != APR_SUCCESS || ctx->over) {
            return rv;
        }
        rv = apr_bucket_read(b, &data, &len, APR_BLOCK_READ);
    }
    if (rv != APR_SUCCESS) {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, rv, f->r,
                      "%s: cannot read the body",
                      lco_phase_names[LCO_PHASE_BODY_FILTER]);
        return rv;
    }
    if (len == 0) {
        apr_bucket_delete(b);
        return APR_SUCCESS;
    }
    if (len > PIECE - ctx->len) {
        len = PIECE - ctx->len;
        rv = apr_bucket_split(b, len);
        if (rv != APR_SUCCESS) {
            return rv;
        }
    }
    if (APR_BUCKET_IS_MMAP(b)) {
        touch(data, len);
    }
    APR_BUCKET_REMOVE(b);
    APR_BRIGADE_INSERT_TAIL(current(f, ctx), b);
    ctx->len += len;
    b = APR_BRIGADE_FIRST(bb);
    if (ctx->len < PIECE ||
        (b != APR_BRIGADE_SENTINEL(bb) && APR_BUCKET_IS_EOS(b))) {
        return APR_SUCCESS; /* or the last one, which the end is part of */
    }
    ctx->n++;
    ctx->len = 0;
    return ctx->n == PIECES ? run(f, ctx, 0) : APR_SUCCESS;
}

/* The bucket at the start of BB, which is no data. */
static apr_status_t metadata(ap_filter_t *f, body_ctx *ctx,
                             apr_bucket_brigade *bb)
{
    apr_bucket *b = APR_BRIGADE_FIRST(bb);
    apr_status_t rv;

    if (APR_BUCKET_IS_EOS(b)) {
        apr_bucket_delete(b);
        return run(f, ctx, 1);
    }
    rv = has_data(ctx) ? run(f, ctx, 0) : APR_SUCCESS;
    if (rv == APR_SUCCESS) {
        APR_BUCKET_REMOVE(b);
        APR_BRIGADE_INSERT_TAIL(ctx->out, b);
    }
    return rv;
}

/* The end has been passed on: the rest of the producer's body is dropped. */
static void drop(body_ctx *ctx, apr_bucket *b)
{
    if (APR_BUCKET_IS_METADATA(b) && !APR_BUCKET_IS_EOS(b) &&
        !APR_BUCKET_IS_FLUSH(b)) {
        APR_BUCKET_REMOVE(b);
        APR_BRIGADE_INSERT_TAIL(ctx->out, b);
    }
    else {
        apr_bucket_delete(b);
    }
}

/* HEAD and the like: httpd would count another body's length. */
static void drop_data(apr_bucket_brigade *bb)
{
    apr_bucket *b, *next;

    for (b = APR_BRIGADE_FIRST(bb); b != APR_BRIGADE_SENTINEL(bb); b = next) {
        next = APR_BUCKET_NEXT(b);
        if (!APR_BUCKET_IS_METADATA(b)) {
            apr_bucket_delete(b);
        }
    }
}

/* An error page or the end of the connection takes the body's place. */
static int is_given_up(apr_bucket_brigade *bb)
{
    apr_bucket *b;

    for (b = APR_BRIGADE_FIRST(bb); b != APR_BRIGADE_SENTINEL(bb);
         b = APR_BUCKET_NEXT(b)) {
        if (AP_BUCKET_IS_ERROR(b) || AP_BUCKET_IS_EOC(b)) {
            return 1;
        }
    }
    return 0;
}

static apr_status_t body_filter(ap_filter_t *f, apr_bucket_brigade *bb)
{
    request_rec *r = f->r;
    body_ctx *ctx = f->ctx;
    apr_status_t rv = APR_SUCCESS;

    if (APR_BRIGADE_EMPTY(bb)) {
        return APR_SUCCESS;
    }
    if (!ctx) {
        ctx = f->ctx = make_ctx(r); /* named by SetOutputFilter */
    }
    if (!ctx->out) {
        if (ctx->code) {
            forget_length(r, ctx);
        }
        if (!ctx->code) {
            ap_remove_output_filter(f);
            return ap_pass_brigade(f->next, bb);
        }
        ctx->out = apr_brigade_create(r->pool, bb->bucket_alloc);
    }
    if (r->connection->aborted) {
        apr_brigade_cleanup(bb);
        return APR_ECONNABORTED;
    }
    if (is_given_up(bb)) {
        ap_remove_output_filter(f);
        return ap_pass_brigade(f->next, bb);
    }
    if (has_no_body(r)) {
        drop_data(bb);
        return ap_pass_brigade(f->next, bb);
    }
    while (rv == APR_SUCCESS && !APR_BRIGADE_EMPTY(bb)) {
        apr_bucket *b = APR_BRIGADE_FIRST(bb);

        if (ctx->over) {
            drop(ctx, b);
        }
        else if (APR_BUCKET_IS_METADATA(b)) {
            rv = metadata(f, ctx, bb);
        }
        else {
            rv = gather(f, ctx, bb);
        }
    }
    if (rv == APR_SUCCESS && has_data(ctx)) {
        rv = run(f, ctx, 0);
    }
    if (rv == APR_SUCCESS) {
        rv = pass_out(f, ctx);
    }
    apr_brigade_cleanup(bb);
    return rv;
}

void lco_filter_body_add(request_rec *r)
{
    ap_add_output_filter_handle(body_handle, make_ctx(r), r, r->connection);
}

void lco_filter_body_register(void)
{
    page_size = (apr_size_t) sysconf(_SC_PAGESIZE);
    body_handle = ap_register_output_filter(LCO_BODY_FILTER, body_filter, NULL,
                                            AP_FTYPE_CONTENT_SET);
}

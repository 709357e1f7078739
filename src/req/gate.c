/* The gate: an output filter between TLS and the core's network filter.
 *
 * The core filter blocks on a FLUSH bucket, past FlushMaxThreshold and past
 * FlushMaxPipelined (core_filters.c, should_send_brigade).  While the owner
 * of a parkable request writes (conn->nonblock), the gate takes FLUSH buckets
 * out - the filters above have already acted on them - and hands the core no
 * more than it will take without waiting; what is left it holds back.  The
 * owner pushes again when the socket is writable.  While nonblock is off, and
 * nothing is held, the gate is transparent.
 *
 * A response comes in several brigades, its headers first.  The core keeps
 * small ones until it is called without any, so they leave in one write; the
 * gate counts what it gave the core since that was last empty (in_core), and
 * what is in there by other ways it takes for too much.
 *
 * Runs on the owner of the connection, never with a VM entered (rule 12).
 */
#include "req/conn.h"

#include <http_core.h>
#include <http_request.h>
#include <util_filter.h>

static ap_filter_rec_t *gate_handle;

/* Bytes handed to the core before it is empty again: under FlushMaxThreshold's
 * default of 64 KiB, and over what one piece of the outbox becomes. */
#define GATE_PIECE 57344

/* For in_core: nobody has counted. */
#define UNKNOWN ((apr_size_t) -1)

static apr_size_t piece_size(conn_rec *c)
{
    core_server_config *conf =
        ap_get_core_module_config(c->base_server->module_config);

    if (conf->flush_max_threshold <= GATE_PIECE) {
        return conf->flush_max_threshold / 2 ? conf->flush_max_threshold / 2
                                             : 1;
    }
    return GATE_PIECE;
}

/* An EOR bucket past FlushMaxPipelined makes the core write all before it,
 * blocking.  With the limit 0 that is each one: it goes alone, when what was
 * before it has left the core.  Else one is always allowed, and the gate hands
 * nothing to the core while that holds something. */
static int eor_alone(conn_rec *c)
{
    core_server_config *conf =
        ap_get_core_module_config(c->base_server->module_config);

    return conf->flush_max_pipelined == 0;
}

/* The first EOR bucket that is not at the start of BB, or NULL. */
static apr_bucket *later_eor(apr_bucket_brigade *bb)
{
    apr_bucket *b = APR_BRIGADE_FIRST(bb);

    if (b == APR_BRIGADE_SENTINEL(bb)) {
        return NULL;
    }
    for (b = APR_BUCKET_NEXT(b); b != APR_BRIGADE_SENTINEL(bb);
         b = APR_BUCKET_NEXT(b)) {
        if (AP_BUCKET_IS_EOR(b)) {
            return b;
        }
    }
    return NULL;
}

static void strip_flushes(apr_bucket_brigade *bb)
{
    apr_bucket *b, *next;

    for (b = APR_BRIGADE_FIRST(bb); b != APR_BRIGADE_SENTINEL(bb); b = next) {
        next = APR_BUCKET_NEXT(b);
        if (APR_BUCKET_IS_FLUSH(b)) {
            apr_bucket_delete(b);
        }
    }
}

/* Will the core take BB without waiting, behind what it has?  The end of a
 * request never waits there (FlushMaxPipelined). */
static int fits(lco_conn *conn, apr_bucket_brigade *bb)
{
    conn_rec *c = conn->c;
    apr_size_t limit = piece_size(c);
    apr_size_t len;
    apr_bucket *b;

    if (!c->data_in_output_filters) {
        conn->in_core = 0;
    }
    len = conn->in_core;
    for (b = APR_BRIGADE_FIRST(bb);
         b != APR_BRIGADE_SENTINEL(bb) && len <= limit;
         b = APR_BUCKET_NEXT(b)) {
        if (b->length > limit || /* -1 for one that cannot tell, too */
            (AP_BUCKET_IS_EOR(b) && c->data_in_output_filters)) {
            return 0;
        }
        len += b->length;
    }
    if (len > limit) {
        return 0;
    }
    conn->in_core = len;
    return 1;
}

/* Does A stand before B in BB? */
static int comes_before(apr_bucket_brigade *bb, const apr_bucket *a,
                        const apr_bucket *b)
{
    const apr_bucket *x;

    for (x = APR_BRIGADE_FIRST(bb); x != APR_BRIGADE_SENTINEL(bb) && x != b;
         x = APR_BUCKET_NEXT(x)) {
        if (x == a) {
            return 1;
        }
    }
    return 0;
}

/* Hands on what is held, piece by piece, while the core takes it. */
static apr_status_t push_held(ap_filter_t *f, lco_conn *conn)
{
    conn_rec *c = f->c;
    apr_size_t limit = piece_size(c);
    apr_bucket *after, *eor;
    apr_status_t rv;
    int rest;

    conn->in_core = UNKNOWN;
    while (!APR_BRIGADE_EMPTY(conn->held)) {
        if (c->data_in_output_filters) {
            rv = f->next->frec->filter_func.out_func(f->next, NULL);
            if (rv != APR_SUCCESS) {
                return rv;
            }
            if (c->data_in_output_filters) {
                return APR_SUCCESS;
            }
        }
        rv = apr_brigade_partition(conn->held, (apr_off_t) limit, &after);
        if (rv != APR_SUCCESS && rv != APR_INCOMPLETE) {
            return rv;
        }
        rest = rv == APR_SUCCESS && after != APR_BRIGADE_SENTINEL(conn->held);
        eor = eor_alone(c) ? later_eor(conn->held) : NULL;
        if (eor && (!rest || comes_before(conn->held, eor, after))) {
            after = eor;
            rest = 1;
        }
        conn->wrote = 1;
        APR_BRIGADE_CONCAT(conn->gate_bb, conn->held);
        if (rest) {
            conn->held = apr_brigade_split_ex(conn->gate_bb, after, conn->held);
        }
        rv = ap_pass_brigade(f->next, conn->gate_bb);
        apr_brigade_cleanup(conn->gate_bb);
        if (rv != APR_SUCCESS) {
            return rv;
        }
    }
    return APR_SUCCESS;
}

static apr_status_t gate_filter(ap_filter_t *f, apr_bucket_brigade *bb)
{
    lco_conn *conn = f->ctx;
    int holding = conn->held && !APR_BRIGADE_EMPTY(conn->held);
    apr_status_t rv;

    if (!conn->nonblock) {
        /* A worker that may block goes on: everything held comes first. */
        if (holding) {
            APR_BRIGADE_PREPEND(bb, conn->held);
        }
        conn->in_core = UNKNOWN;
        return ap_pass_brigade(f->next, bb);
    }
    strip_flushes(bb);
    if (!holding && !(eor_alone(f->c) && later_eor(bb)) && fits(conn, bb)) {
        return APR_BRIGADE_EMPTY(bb) ? APR_SUCCESS
                                     : ap_pass_brigade(f->next, bb);
    }
    if (!conn->held) {
        conn->held = apr_brigade_create(f->c->pool, f->c->bucket_alloc);
        conn->gate_bb = apr_brigade_create(f->c->pool, f->c->bucket_alloc);
    }
    rv = ap_save_brigade(f, &conn->held, &bb, f->c->pool);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    return push_held(f, conn);
}

int lco_gate_push(lco_conn *conn)
{
    conn_rec *c = conn->c;
    ap_filter_t *f;
    apr_status_t rv;

    if (c->aborted) {
        return -1;
    }
    for (f = c->output_filters; f && f->frec != gate_handle; f = f->next) {
    }
    if (!f) {
        return c->data_in_output_filters ? 0 : 1;
    }
    if (conn->held && !APR_BRIGADE_EMPTY(conn->held)) {
        rv = push_held(f, conn);
        if (rv != APR_SUCCESS || c->aborted) {
            return -1;
        }
    }
    if (c->data_in_output_filters) {
        /* The core filter called with NULL writes without blocking. */
        rv = f->next->frec->filter_func.out_func(f->next, NULL);
        if (rv != APR_SUCCESS || c->aborted) {
            return -1;
        }
    }
    return !c->data_in_output_filters &&
           (!conn->held || APR_BRIGADE_EMPTY(conn->held));
}

void lco_gate_release(lco_conn *conn)
{
    ap_filter_t *f;

    if (!conn->held || APR_BRIGADE_EMPTY(conn->held)) {
        return;
    }
    for (f = conn->c->output_filters; f && f->frec != gate_handle;
         f = f->next) {
    }
    if (f) {
        conn->in_core = UNKNOWN;
        (void) ap_pass_brigade(f->next, conn->held);
        apr_brigade_cleanup(conn->held);
    }
}

int lco_gate_open(lco_conn *conn)
{
    return ap_add_output_filter_handle(gate_handle, conn, NULL, conn->c) !=
           NULL;
}

void lco_gate_register(void)
{
    gate_handle = ap_register_output_filter("LUACO_GATE", gate_filter, NULL,
                                            AP_FTYPE_NETWORK - 1);
}

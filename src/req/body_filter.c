/* The kept request body for whoever reads it after us: mod_proxy, mod_cgid,
 * another handler.
 *
 * An input filter that gives what is kept, then the end, or, where Lua left
 * in the middle of reading, what is still to come.  It has two places: where
 * the body was read before the content filters were there (an access check),
 * it stands in for the network below them, so that mod_deflate inflates what
 * it serves; where it was read through them it stands before all. insert_filter
 * puts it in again after internal redirects, which drop it.
 *
 * Thread: the owner of the request, VM left.
 */
#include "req/body.h"

#include <stdlib.h>
#include <string.h>

#include <util_filter.h>

/* One bucket. */
#define PIECE 65536

/* Lines are looked for in pieces of this size. */
#define LINE 8192

typedef struct server {
    lco_body *body;
    apr_off_t pos;
    unsigned gen; /* of the body that `pos` counts in */
} server;

static ap_filter_rec_t *front_handle;
static ap_filter_rec_t *raw_handle;

/* A subrequest has its main request's filter in its chain too. */
static ap_filter_t *find(request_rec *r, const lco_body *body)
{
    ap_filter_t *f;

    for (f = r->input_filters; f; f = f->next) {
        if ((f->frec == front_handle || f->frec == raw_handle) &&
            ((server *) f->ctx)->body == body) {
            break;
        }
    }
    return f;
}

ap_filter_t *lco_body_below(request_rec *r, const lco_body *body)
{
    ap_filter_t *f = find(r, body);

    return f ? f->next : r->input_filters;
}

/* A bucket with up to MAX bytes from POS, NULL: reading failed.  It is a copy:
 * Lua may change the body while somebody still holds what he read. */
static apr_bucket *piece(ap_filter_t *f, const server *s, apr_off_t max)
{
    apr_size_t want = max < PIECE ? (apr_size_t) max : PIECE;
    char *buf = malloc(want);
    apr_ssize_t got = buf ? lco_body_pread(s->body, buf, want, s->pos) : -1;

    if (got <= 0) {
        free(buf);
        return NULL;
    }
    return apr_bucket_heap_create(buf, (apr_size_t) got, free,
                                  f->c->bucket_alloc);
}

/* How many bytes the line at POS has, as far as one may be read at once. */
static apr_off_t line_length(const server *s)
{
    char buf[LINE];
    apr_ssize_t n = lco_body_pread(s->body, buf, sizeof(buf), s->pos);
    const char *lf;

    if (n <= 0) {
        return 1; /* the read fails too, and says so */
    }
    lf = memchr(buf, '\n', (size_t) n);
    return lf ? lf - buf + 1 : n;
}

static apr_status_t serve(ap_filter_t *f, apr_bucket_brigade *bb,
                          ap_input_mode_t mode, apr_read_type_e block,
                          apr_off_t readbytes)
{
    server *s = f->ctx;
    lco_body *body = s->body;
    apr_off_t left, pos;
    apr_bucket *b;

    if (mode == AP_MODE_INIT || mode == AP_MODE_EATCRLF) {
        return ap_get_brigade(f->next, bb, mode, block, readbytes);
    }
    if (s->gen != body->gen) {
        s->gen = body->gen;
        s->pos = 0;
    }
    left = lco_body_length(body) - s->pos;
    if (left <= 0 && !body->is_read && !body->over) {
        if (body->redirected && !body->raw) {
            /* The content filters that had begun with it are gone. */
            return APR_EGENERAL;
        }
        return ap_get_brigade(f->next, bb, mode, block, readbytes);
    }
    if (mode == AP_MODE_GETLINE && left > 0) {
        readbytes = line_length(s);
    }
    if (mode == AP_MODE_EXHAUSTIVE || readbytes > left) {
        readbytes = left;
    }
    pos = s->pos;
    while (readbytes > 0) {
        b = piece(f, s, readbytes);
        if (!b) {
            return APR_EGENERAL;
        }
        APR_BRIGADE_INSERT_TAIL(bb, b);
        s->pos += (apr_off_t) b->length;
        readbytes -= (apr_off_t) b->length;
        if (mode == AP_MODE_READBYTES) {
            break; /* fewer than asked for is allowed */
        }
    }
    if (s->pos >= lco_body_length(body) && (body->is_read || body->over)) {
        APR_BRIGADE_INSERT_TAIL(bb, apr_bucket_eos_create(f->c->bucket_alloc));
    }
    if (mode == AP_MODE_SPECULATIVE) {
        s->pos = pos;
    }
    return APR_SUCCESS;
}

void lco_body_offer(lco_body *body, request_rec *r)
{
    server *s;

    if (find(r, body)) {
        return; /* it sees by itself what changed */
    }
    s = apr_pcalloc(r->pool, sizeof(*s));
    s->body = body;
    s->gen = body->gen;
    (void) ap_add_input_filter_handle(body->raw ? raw_handle : front_handle, s,
                                      r, r->connection);
}

void lco_body_insert_filter(request_rec *r)
{
    lco_req *req = lco_req_find(r);
    lco_body *body;

    if (!req) {
        /* A redirect to where no Lua has run yet. */
        if (!r->prev || !lco_req_find(r->prev) ||
            !lco_req_find(r->prev)->body) {
            return;
        }
        req = lco_req_obtain(r);
        if (!req) {
            return;
        }
    }
    body = lco_body_find(req);
    if (body && (body->is_read || body->begun)) {
        lco_body_offer(body, r);
    }
}

void lco_body_spent(lco_body *body, request_rec *r)
{
    ap_filter_t *f = find(r, body);
    server *s;

    if (f) {
        s = f->ctx;
        s->gen = body->gen;
        s->pos = lco_body_length(body);
    }
}

void lco_body_filter_register(void)
{
    front_handle = ap_register_input_filter("LUACO_BODY", serve, NULL,
                                            AP_FTYPE_RESOURCE - 1);
    raw_handle = ap_register_input_filter("LUACO_BODY_RAW", serve, NULL,
                                          AP_FTYPE_PROTOCOL - 1);
}

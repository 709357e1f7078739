/* Recording heads; see head.h.
 *
 * A filter of the connection costs a call for each line that httpd reads
 * anyway, and lets everything but heads pass.  (A filter of the request would
 * have to be there before HTTP_IN, which httpd's util_filter.c then leaves out
 * of r->input_filters.)  A record may be asked for by the log phase when the
 * next request is already being read: each has its own, in a list.
 *
 * Thread: the request's owner.
 */
#include "req/head.h"

#include <string.h>

#include <apr_buckets.h>
#include <http_protocol.h>
#include <util_filter.h>

/* Room for the usual head; a longer one doubles it. */
#define FIRST_SIZE 1000

typedef struct head {
    struct head *next; /* an earlier request of the connection */
    struct recorder *recorder;
    request_rec *r;
    char *data;
    apr_size_t len, cap;
    unsigned in_line : 1; /* the last piece did not end its line */
} head;

/* The filter's context, in c->pool. */
typedef struct recorder {
    head *heads; /* of the requests that still are there, newest first */
    head *open;  /* being recorded, or NULL */
} recorder;

static ap_filter_rec_t *recorder_handle;

static void append(head *h, const char *data, apr_size_t len)
{
    char *more;

    if (h->cap - h->len < len) {
        h->cap = h->cap * 2 > h->len + len ? h->cap * 2 : h->len + len;
        more = apr_palloc(h->r->pool, h->cap);
        memcpy(more, h->data, h->len);
        h->data = more;
    }
    memcpy(h->data + h->len, data, len);
    h->len += len;
}

/* One piece of a line, at most a line long.  Returns whether the head ended
 * with it. */
static int take(head *h, const char *data, apr_size_t len)
{
    int is_blank =
        !h->in_line &&
        (*data == '\n' || (len == 2 && data[0] == '\r' && data[1] == '\n'));

    h->in_line = data[len - 1] == '\n' ? 0 : 1;
    if (is_blank && !h->len) {
        return 0; /* before the request line */
    }
    append(h, data, len);
    return is_blank;
}

static apr_status_t record(ap_filter_t *f, apr_bucket_brigade *bb,
                           ap_input_mode_t mode, apr_read_type_e block,
                           apr_off_t readbytes)
{
    apr_status_t rv = ap_get_brigade(f->next, bb, mode, block, readbytes);
    recorder *rec = f->ctx;
    const char *data;
    apr_size_t len;
    apr_bucket *b;

    if (!rec->open || mode != AP_MODE_GETLINE || rv != APR_SUCCESS) {
        return rv;
    }
    for (b = APR_BRIGADE_FIRST(bb); b != APR_BRIGADE_SENTINEL(bb);
         b = APR_BUCKET_NEXT(b)) {
        if (!APR_BUCKET_IS_METADATA(b) &&
            apr_bucket_read(b, &data, &len, APR_BLOCK_READ) == APR_SUCCESS &&
            len && take(rec->open, data, len)) {
            rec->open = NULL;
            break;
        }
    }
    return rv;
}

static const char recorder_key[] = "luaco-recorder";

/* The context of the connection's filter, or NULL. */
static recorder *find(const conn_rec *c)
{
    const ap_filter_t *f = c->input_filters;
    void *rec = NULL;

    while (f && f->frec != recorder_handle) {
        f = f->next;
    }
    if (f) {
        return f->ctx;
    }
    /* httpd takes the filters away after a head that it refuses. */
    apr_pool_userdata_get(&rec, recorder_key, c->pool);
    return rec;
}

int lco_head_connect(conn_rec *c, void *csd)
{
    recorder *rec;

    (void) csd;
    if (!c->master) {
        rec = apr_pcalloc(c->pool, sizeof(*rec));
        apr_pool_userdata_setn(rec, recorder_key, NULL, c->pool);
        ap_add_input_filter_handle(recorder_handle, rec, NULL, c);
    }
    return OK;
}

/* The request's pool goes. */
static apr_status_t forget(void *data)
{
    head *h = data, **p = &h->recorder->heads;

    while (*p != h) {
        p = &(*p)->next;
    }
    *p = h->next;
    if (h->recorder->open == h) {
        h->recorder->open = NULL;
    }
    return APR_SUCCESS;
}

void lco_head_begin(request_rec *r, conn_rec *c)
{
    recorder *rec = find(c);
    head *h;

    if (!rec) {
        return;
    }
    h = apr_palloc(r->pool, sizeof(*h) + FIRST_SIZE);
    h->recorder = rec;
    h->r = r;
    h->data = (char *) (h + 1);
    h->len = 0;
    h->cap = FIRST_SIZE;
    h->in_line = 0;
    h->next = rec->heads;
    rec->heads = rec->open = h;
    apr_pool_cleanup_register(r->pool, h, forget, apr_pool_cleanup_null);
}

request_rec *lco_head_request(request_rec *r)
{
    while (r->prev || r->main) {
        r = r->prev ? r->prev : r->main;
    }
    return r;
}

const char *lco_head_get(request_rec *r, apr_size_t *len)
{
    const recorder *rec;
    const head *h;

    r = lco_head_request(r);
    rec = find(r->connection);
    for (h = rec ? rec->heads : NULL; h; h = h->next) {
        if (h->r == r) {
            *len = h->len;
            return h->data;
        }
    }
    return NULL;
}

void lco_head_register(void)
{
    /* Above TLS and whatever else belongs to the connection. */
    recorder_handle = ap_register_input_filter("LUACO_HEAD", record, NULL,
                                               AP_FTYPE_CONNECTION);
}

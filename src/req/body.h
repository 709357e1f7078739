/* The request body as the module keeps it: what was read of it or set by Lua,
 * in memory or in a file, for Lua and for whoever reads it after us.
 *
 * One lco_body belongs to a client's request and is handed on over internal
 * redirects; the record that made it frees it.  A subrequest has one of its
 * own, empty as a rule: httpd gives it no body.
 *
 * Thread: the owner of the request; what reads or writes files or filters is
 * called with the VM left, what touches waits inside it.  body.c reads and
 * waits, body_store.c keeps bytes, body_filter.c serves them to others.
 */
#ifndef LCO_REQ_BODY_H
#define LCO_REQ_BODY_H

#include <apr_buckets.h>
#include <util_filter.h>

#include "req/req.h"

struct lco_body {
    lco_req *maker; /* its end is ours */
    lco_req *req;   /* whose Lua wants it now */

    /* The client's body. */
    unsigned is_read : 1;    /* in Lua's view; what Lua sets counts */
    unsigned over : 1;       /* its end was seen, or reading it failed */
    unsigned wanted : 1;     /* somebody waits for `is_read` */
    unsigned discarding : 1; /* it is read and thrown away */
    unsigned at_end : 1;     /* ... by httpd, at the request's end */
    unsigned raw : 1;        /* what is kept went through no content filter */
    unsigned redirected : 1; /* by httpd, to another request_rec */
    unsigned begun : 1;      /* something of it was read: `raw` holds */
    int status;              /* of the failure, 0: none */
    apr_off_t received;      /* bytes read of it */
    lco_usec last;           /* when the last byte came */
    apr_bucket_brigade *bb;
    lco_timer tick;                 /* in VM: armed while somebody waits */
    TAILQ_HEAD(, lco_wait) readers; /* in VM: coroutines in read_body() */

    /* What is kept: `filed` bytes of the file, then `len` bytes of `mem`. */
    char *mem;
    apr_size_t len, cap;
    int fd; /* -1: no file */
    char *path;
    apr_off_t filed;
    unsigned unlink : 1;     /* the file goes with us */
    unsigned in_pool : 1;    /* `mem` is of the request's pool */
    unsigned can_append : 1; /* ngx.req.init_body() made it */
    unsigned gen;            /* counts changes: who serves begins anew */
};

/* ---- life ---- */

/* The body of the request, made if there is none yet; NULL: no memory. */
lco_body *lco_body_of(lco_req *req);
/* The same, NULL if there is none. */
lco_body *lco_body_find(lco_req *req);
/* When the record that made it goes. */
void lco_body_free(lco_body *body);

/* ---- reading, body.c ---- */

/* Somebody wants it: it is read from now on.  Does nothing if it has been
 * read, or is thrown away. */
void lco_body_want(lco_body *body, lco_req *req);
/* It is to be read and thrown away. */
void lco_body_discard(lco_body *body, lco_req *req);
/* Reading failed, or will. */
void lco_body_fail(lco_req *req, int status);

/* Does the request want input?  The drive then calls lco_body_pump() with the
 * VM left before it goes on, and watches the socket while all waits. */
int lco_body_wants_input(const lco_req *req);

/* Does somebody wait for the body? */
static inline int lco_body_is_wanted(const lco_req *req)
{
    return req->body && req->body->req == req && req->body->wanted;
}

typedef enum lco_pumped {
    LCO_PUMP_WAITS,  /* all is read, or nothing more is there */
    LCO_PUMP_MORE,   /* the turn is over, but not the data */
    LCO_PUMP_WORKER, /* only a thread that may block can read */
} lco_pumped;

/* Reads what there is; waits for all of it where the request holds a thread. */
lco_pumped lco_body_pump(lco_req *req, int on_loop);

/* [in VM]  The waiting coroutines go on if the body is there.  Returns a
 * status if it never will be and somebody waited for it: the run must end. */
int lco_body_serve(lco_req *req);
/* [in VM]  The run's current coroutine asked for the body: it goes on, or
 * waits.  Returns as lco_run_continue(). */
int lco_body_serve_current(lco_req *req);
/* [in VM]  All of the request's Lua waits: sees to the time. */
void lco_body_settle(lco_req *req);
/* [in VM]  The run is over: nobody waits any more. */
void lco_body_idle(lco_req *req);

/* Owner: the request ends here, nobody reads what is left of its body. */
void lco_body_leave(lco_req *req);

static inline int lco_body_is_over(const lco_body *body)
{
    return body->over;
}

/* ---- the bytes, body_store.c; VM left where files are concerned ---- */

/* What LuaCoBodyBufferSize says. */
apr_size_t lco_body_buffer_size(const lco_req *req);

/* Appends; what exceeds the buffer goes to a file.  0: that failed, and was
 * logged. */
int lco_body_add(lco_body *body, const char *data, apr_size_t len);
/* Forgets all bytes, and the file. */
void lco_body_clear(lco_body *body);
/* An empty buffer of SIZE bytes; 0 stands for a file from the first byte on.
 * 0: no memory. */
int lco_body_start(lco_body *body, apr_size_t size);
/* The same for what will be read: a buffer of the request's pool, which it
 * may outgrow up to the usual size. */
void lco_body_start_reading(lco_body *body, apr_size_t size);
/* No more is added: a file gets its last bytes.  0: failed, logged. */
int lco_body_finish(lco_body *body);
/* The file at PATH becomes the body.  Returns NULL, or which call failed. */
const char *lco_body_take_file(lco_body *body, const char *path, int unlink);
/* Reads up to MAX bytes at OFF into BUF; -1: failed. */
apr_ssize_t lco_body_pread(const lco_body *body, char *buf, apr_size_t max,
                           apr_off_t off);
static inline apr_off_t lco_body_length(const lco_body *body)
{
    return body->filed + (apr_off_t) body->len;
}

/* Tells httpd: Content-Length is the length of what is kept now, there is no
 * Transfer-Encoding, and whoever reads gets it. */
void lco_body_announce(lco_body *body, lco_req *req);

/* ---- for ngx.var, [in VM] ---- */

/* $request_body: NULL if it was not read, is empty or lies in a file. */
const char *lco_body_data(lco_req *req, apr_size_t *len);
/* $request_body_file, or NULL. */
const char *lco_body_file(lco_req *req);
/* $content_length: of the header, else of what was read; -1: none. */
apr_off_t lco_body_content_length(lco_req *req);
/* The body's part of $request_length: how much of it was read so far. */
apr_off_t lco_body_received(lco_req *req);

/* ---- for others, body_filter.c ---- */

void lco_body_filter_register(void);
/* insert_filter hook: who reads the body from here on gets what was kept. */
void lco_body_insert_filter(request_rec *r);
/* Owner: from now on the request's input filters give what is kept first. */
void lco_body_offer(lco_body *body, request_rec *r);
/* Nobody will read what is kept of it: its end is passed at once. */
void lco_body_spent(lco_body *body, request_rec *r);
/* The input filters of R below ours, if that is there. */
ap_filter_t *lco_body_below(request_rec *r, const lco_body *body);

#endif

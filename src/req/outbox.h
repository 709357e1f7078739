/* The way of Lua's output to the filters.  Thread: the owner; the drain and
 * finish functions with no VM entered. */
#ifndef LCO_REQ_OUTBOX_H
#define LCO_REQ_OUTBOX_H

#include "req/req.h"

typedef enum lco_drained {
    LCO_DRAIN_CLEAR,  /* everything asked for is with the kernel or the core */
    LCO_DRAIN_SLOW,   /* the client must read first */
    LCO_DRAIN_WORKER, /* a filter in the chain may run on a worker only */
    LCO_DRAIN_GONE    /* the client is gone */
} lco_drained;

/* Hands the outbox on.  On a request that holds its thread this may block;
 * else it never does.  ON_LOOP: only filters known not to block are used. */
lco_drained lco_out_drain(lco_req *req, int on_loop);

/* child_init: looks up the filters that the next one knows. */
void lco_out_child_init(void);

/* Are all filters of the response known not to block? */
int lco_out_filters_known(const lco_req *req);

/* Is something between the filters and the core, since the client is slow? */
int lco_out_is_held(const lco_req *req);

/* Is there nothing left but what one more piece can carry? */
int lco_out_is_short(const lco_req *req);
/* A worker: can all that is left go with the end of stream in one write, since
 * what the socket does not take at once is less than the core filter keeps? */
int lco_out_fits(const lco_req *req);

/* Passes the rest and the end of stream.  On the loop only where
 * lco_finish_can() allowed it. */
void lco_out_finish(lco_req *req);

/* [in VM]  Appends what goes to the client as it is (ngx.req.socket(true)).
 * 0, or -1: no memory. */
int lco_out_raw(lco_req *req, const char *data, apr_size_t len);
/* Is output of before that still under way? */
int lco_out_is_pending(const lco_req *req);

/* Forgets what Lua wrote and no filter has seen. */
void lco_out_drop(lco_req *req);

/* A worker: the response breaks off here and the connection closes without a
 * proper end.  What Lua wrote still goes out as far as the client takes it at
 * once; SILENTLY (444, 499): nothing more goes out. */
void lco_out_break(lco_req *req, int silently);

/* Has httpd a status line and an error page for STATUS?  Any thread. */
int lco_out_knows(int status);

/* The response's status, also one that httpd has no words for.  Owner. */
void lco_out_status(request_rec *r, int status);

/* Is the output kept for the end of the Lua (LuaCoHttp10Buffering)? */
static inline int lco_out_buffers(const lco_req *req)
{
    return req->buffering && !req->eof;
}

#endif

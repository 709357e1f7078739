/* The request context: what the module knows of one request.
 *
 * Ownership: a request (its request_rec, connection, pools, brigades and this
 * record) belongs to one thread at a time: the worker that runs its hooks, or
 * the VM's loop thread while it is parked (req/park.h).  Lua of the request
 * runs on its owner with the VM entered, so an API function may read and
 * write header tables and r->pool freely; it must not pass a brigade, read
 * the body or make a subrequest: that is done by drive.c with the VM left.
 *
 * The record is malloc'ed and freed by a cleanup of r->pool.
 */
#ifndef LCO_REQ_H
#define LCO_REQ_H

#include <httpd.h>

#include "httpd/conf.h"
#include "loop/loop.h"
#include "sched/run.h"
#include "vm/vm.h"

typedef struct lco_conn lco_conn;

struct lco_req {
    request_rec *r;
    lco_vm *vm;
    lco_conn *conn;            /* NULL: cannot be parked, the thread waits */
    const lco_dir_conf *dconf; /* of the phase that runs */
    lco_run run;
    lco_phase phase;

    /* Response.  `out` holds what Lua wrote and no filter has seen yet. */
    apr_bucket_brigade *out;
    apr_off_t out_bytes;       /* length of `out` */
    unsigned header_sent : 1;  /* Lua's view: no header may change any more */
    unsigned eof : 1;          /* ngx.eof() or the end: no more output */
    unsigned eos_passed : 1;
    unsigned seen_body : 1;
    unsigned mime_set : 1;     /* Lua or the configuration set a type */
    unsigned headers_set : 1;  /* Lua touched the response headers */
    unsigned flush_asked : 1;  /* ngx.flush: pass a flush with the outbox */
    unsigned aborted : 1;      /* the client is gone: output is discarded */
    unsigned run_active : 1;   /* run has been started and has not ended */
    int status_set;            /* ngx.status as Lua assigned it, 0: not */

    int ctx_ref;               /* registry reference of ngx.ctx, LUA_NOREF */
    unsigned trace_next;       /* scheduler trace numbers of the main request */

    /* Coroutines whose wait is over, in order: see lco_req_wake().
     * Changed under the VM's lock. */
    lco_co *woken_first;
    int woken_n, woken_cap;
    struct lco_woken *woken;
    lco_req *ready_next;
    unsigned in_ready : 1;
};

/* A wait that an API file arms for a coroutine (sleep is the model). */
typedef struct lco_wait {
    lco_timer timer;
    lco_req *req;
    lco_co *co;
} lco_wait;

/* ---- for API files, [in VM] ---- */

/* The current request; raises "no request found" where there is none (init
 * phases, timers have one). */
LX_RAISES lco_req *lco_req_check(lua_State *L);
/* The same, NULL where there is none. */
lco_req *lco_req_get(lua_State *L);

#define LCO_BIT(phase) (1u << (phase))
#define LCO_YIELDABLE                                                         \
    (LCO_BIT(LCO_PHASE_SERVER_REWRITE) | LCO_BIT(LCO_PHASE_REWRITE) |         \
     LCO_BIT(LCO_PHASE_ACCESS) | LCO_BIT(LCO_PHASE_PRECONTENT) |              \
     LCO_BIT(LCO_PHASE_HANDLER) | LCO_BIT(LCO_PHASE_TIMER))
#define LCO_OUTPUT                                                            \
    (LCO_BIT(LCO_PHASE_SERVER_REWRITE) | LCO_BIT(LCO_PHASE_REWRITE) |         \
     LCO_BIT(LCO_PHASE_ACCESS) | LCO_BIT(LCO_PHASE_PRECONTENT) |              \
     LCO_BIT(LCO_PHASE_HANDLER))
/* Raises "API disabled in the context of LuaCoLog" unless the request's phase
 * is in MASK.  The first line of an API function. */
LX_RAISES void lco_req_check_phase(lua_State *L, lco_req *req, unsigned mask);

/* The wait of CO is over: resume it with NARGS values that FN pushes just
 * before (FN may be NULL: none).  Called from timer and watch callbacks, which
 * called lco_co_unpend() first.  The request's owner runs it: at once in this
 * turn if the loop owns it, else when the hand-over is done. */
void lco_req_wake(lco_req *req, lco_co *co, int (*push)(lua_State *co));

/* ---- output, req/outbox.c, called by the owner, [in VM] allowed ---- */

/* What ngx.say does first: fixes the headers as sent if they are not.
 * Returns 0, or -1 when the output is closed. */
int lco_out_headers(lco_req *req);
/* Appends to the outbox; copies.  The headers are fixed first. */
int lco_out_write(lco_req *req, const char *data, apr_size_t len);
int lco_out_eof(lco_req *req);

enum { LCO_SERVICE_FLUSH = 1 };

#endif

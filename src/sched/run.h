/* A run: one entry thread with everything it spawned, driven by yield-dispatch
 * as lua-nginx-module's ngx_http_lua_run_thread does it.
 *
 * A run is the life of one phase of one request (or one timer): the entry
 * thread, its light threads, the user coroutines any of them resumes, the
 * queue of posted threads.  The scheduler knows Lua and nothing of httpd; it
 * reaches the world through host.h.
 *
 * Thread: every function here is called with the VM entered.  Ownership: the
 * lco_run is memory of its host and must outlive lco_run_end().  An lco_co is
 * owned by the Lua thread it describes (see co.h): it is valid while that
 * thread is anchored or running, so a host keeps an lco_co pointer only while
 * an operation is pending on it (lco_co_pend), and drops it when the operation
 * ended or its cancel function was called.
 */
#ifndef LCO_SCHED_RUN_H
#define LCO_SCHED_RUN_H

#include <stdint.h>

#include "lx/lx.h"
#include "sched/host.h"

/* What a run came to.  Values >= 200 are HTTP statuses. */
enum {
    LCO_OK = 0,
    LCO_ERROR = -1,
    LCO_AGAIN = -2,  /* something still waits: the host will wake it */
    LCO_DONE = -4,   /* reserved: the host itself goes on (exec, jump) */
    LCO_SERVICE = -6 /* the current coroutine asked the host for a service
                        that needs the VM left (flush): do it, then call
                        lco_run_continue() or lco_run_wait() */
};

/* Why a run ended early, beside its result. */
typedef enum lco_why {
    LCO_WHY_NONE,
    LCO_WHY_EXIT, /* ngx.exit, ngx.redirect: exit_code is the result */
    LCO_WHY_EXEC, /* ngx.exec: the host has the target; result LCO_DONE */
    LCO_WHY_JUMP, /* ngx.req.set_uri(.., true): result LCO_DONE */
    LCO_WHY_ABORT /* lco_run_abort() */
} lco_why;

/* What the yielding C function wants of the scheduler. */
typedef enum lco_op {
    LCO_OP_NONE, /* a foreign C function yielded: as coroutine.yield */
    LCO_OP_WAIT, /* an API yield: the host will wake the coroutine */
    LCO_OP_RESUME,
    LCO_OP_YIELD,
    LCO_OP_SPAWN,
    LCO_OP_SERVICE
} lco_op;

typedef struct lco_post {
    lco_co *co;  /* NULL: deleted while it was posted */
    unsigned no; /* its trace number, for the line that is still due */
} lco_post;

struct lco_run {
    lco_sched *sched;
    const lco_host *host;
    void *data; /* the host's */

    lco_co *entry; /* NULL before it starts and after it ended */
    lco_co *cur;   /* the running coroutine, NULL while all wait */
    uint64_t id;   /* never reused: a coroutine of an ended run is recognised */

    lco_op op;
    lco_why why;
    int exit_code;
    int service; /* which service LCO_OP_SERVICE asks for; the host's number */

    int uthreads;     /* light threads alive or zombie */
    int asleep;       /* coroutines in an API yield: the host will wake them */
    lco_co *threads;  /* anchored light threads, newest first */
    lco_co *pending;  /* coroutines with a pending operation */
    lco_co *on_abort; /* the thread of ngx.on_abort, until it is deleted */
    lco_co *spent;    /* ended threads, for reuse by other runs: Lua of this
                         one may still hold them and ask for their status */

    lco_post *posted; /* ring */
    unsigned post_cap, post_head, post_len;
    lco_post post_inline[4];

    unsigned *trace_next; /* next trace number; shared by the main request */
    unsigned tracing : 1;
    unsigned may_yield : 1; /* the host has been asked and said so */
    unsigned aborts : 1;    /* ngx.on_abort has been called */
    unsigned ended : 1;
};

/* One scheduler per Lua VM.  Creates its registry tables on L (the main
 * thread); keeps at most CACHE_MAX finished coroutines for reuse.  Returns
 * NULL when out of memory.  Never raises. */
lco_sched *lco_sched_create(lua_State *L, unsigned cache_max);
void lco_sched_destroy(lco_sched *s); /* before lua_close() */

/* Installs the global table `coroutine` (our functions, which fall back to
 * Lua's own where no run is current), and thread.spawn/wait/kill as field
 * "thread" of the table on the stack top.  [-0, +0] */
LX_RAISES void lco_sched_open(lco_sched *s, lua_State *L);

/* What holds where no run is current.  FN returns the name of a phase in which
 * the calls are errors ("API disabled in the context of NAME"), or NULL: then
 * coroutine.* are Lua's own and ngx.thread.* raise "no request found".
 * COROUTINES is nonzero if coroutine.* asks (the reference has Lua's own in
 * header and body filters, but no threads).  Without FN the answer is NULL. */
void lco_sched_set_phase(lco_sched *s,
                         const char *(*fn)(void *data, int coroutines),
                         void *data);

/* The run that is executing in this VM at this moment, or NULL. */
lco_run *lco_sched_current(lco_sched *s);
lua_State *lco_sched_main(lco_sched *s);
/* How many coroutines are anchored / cached: for leak tests. */
unsigned lco_sched_anchored(const lco_sched *s);
unsigned lco_sched_cached(const lco_sched *s);

/* Prepares RUN (all fields but trace_next and tracing, which the caller may
 * set afterwards). */
void lco_run_init(lco_run *run, lco_sched *s, const lco_host *host, void *data);

/* Starts the entry thread with the function on the main thread's stack top
 * (popped in every case) and drives the run until all its coroutines wait,
 * a service is asked for, or it ended.  Returns a result of the enum above or
 * a status.  Any result but LCO_AGAIN and LCO_SERVICE means that the run has
 * ended and everything of it has been let go. */
int lco_run_start(lco_run *run);

/* Goes on with a waiting coroutine: the NARGS values on co's stack top (push
 * them with lco_co_state()) are what its API call returns.  Same results as
 * lco_run_start().  CO must not have a pending operation any more. */
int lco_run_wake(lco_run *run, lco_co *co, int nargs);

/* After LCO_SERVICE: goes on with the same coroutine at once, as if it had
 * never yielded (no posted thread runs in between). */
int lco_run_continue(lco_run *run, int nargs);

/* After LCO_SERVICE: the service must wait.  The coroutine now waits like one
 * that made an API yield (the host calls lco_co_pend first); posted threads
 * run. */
int lco_run_wait(lco_run *run);

/* The entry thread has its trace number from here on, if it had none: before
 * another run takes numbers of the same main request. */
void lco_run_name_entry(lco_run *run);

/* The client is gone: starts the thread of ngx.on_abort, once, while all others
 * wait.  Same results as lco_run_start(). */
int lco_run_client_gone(lco_run *run);

/* Ends the run from outside: pending operations are cancelled, coroutines
 * dropped.  Idempotent; also right for a run that ended by itself. */
void lco_run_abort(lco_run *run);

/* ---- for C functions called from Lua (API files) ---- */

/* The lua_State of a coroutine, to push what its API call returns. */
lua_State *lco_co_state(lco_co *co);

/* The coroutine that is calling, or an error "no co ctx found" /
 * "attempt to yield across a C-call boundary" where L cannot yield.  Call it
 * before arming anything. */
LX_RAISES lco_co *lco_co_check(lua_State *L, lco_run *run);

/* Marks that CO waits for an operation of the host; CANCEL(co, data) is
 * called exactly once if the wait ends other than by lco_co_unpend(): kill,
 * exit, abort, error.  It must not raise or run Lua. */
void lco_co_pend(lco_run *run, lco_co *co,
                 void (*cancel)(lco_co *co, void *data), void *data);
/* The operation completed: forget the cancel function.  Between this and
 * lco_run_wake() nothing tells the host when CO is killed or its run ends: a
 * host that lets completed operations queue up unpends right before the wake,
 * or pends the queue's entry instead. */
void lco_co_unpend(lco_run *run, lco_co *co);
/* After lco_co_pend(): until that is over ngx.thread.kill does not end CO, but
 * says "pending subrequests". */
void lco_co_hold(lco_co *co);
/* Data given to lco_co_pend, NULL if nothing is pending. */
void *lco_co_pending(const lco_co *co);

/* API yield: `return lco_run_yield(L)` after lco_co_pend().  The values that
 * the wake pushes become the call's results. */
LX_RAISES int lco_run_yield(lua_State *L);
/* The same with a continuation, which makes the call's results: what runs in
 * it may raise, what the host pushes before a wake may not. */
LX_RAISES int lco_run_yieldk(lua_State *L, lua_KContext ctx, lua_KFunction k);

/* Service yield: `return lco_run_ask(L, run, SERVICE)`. */
LX_RAISES int lco_run_ask(lua_State *L, lco_run *run, int service);
LX_RAISES int lco_run_askk(lua_State *L, lco_run *run, int service,
                           lua_KContext ctx, lua_KFunction k);

/* ngx.on_abort: makes a light thread of the function at index 1, to be started
 * by lco_run_client_gone(); it ends with the run.  At most one in a run. */
LX_RAISES void lco_run_on_abort(lua_State *L, lco_sched *s);

/* Ends the whole request's Lua: `return lco_run_exit(L, run, why, code)`.
 * A CODE that would read as LCO_AGAIN or LCO_SERVICE counts as LCO_ERROR. */
LX_RAISES int lco_run_exit(lua_State *L, lco_run *run, lco_why why, int code);

#endif

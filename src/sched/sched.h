/* What the files of sched/ share with each other and with nobody else.
 *
 * Thread: the VM entered.  Unless a function is marked LX_RAISES it is called
 * by the bare driver too, outside any protected call, and uses only calls of
 * Lua that can neither raise nor allocate.
 */
#ifndef LCO_SCHED_SCHED_H
#define LCO_SCHED_SCHED_H

#include "sched/co.h"

struct lco_sched {
    lua_State *L;     /* the VM's main thread */
    lco_run *cur;     /* the run that is executing, or NULL */
    uint64_t next_id; /* of runs */
    lco_co *cache;    /* ended coroutines of ended runs, by thr_next */
    unsigned cache_max;
    unsigned cached;   /* in the cache or on a run's spent list */
    unsigned anchored; /* entry and light threads that are not deleted */
    const char *(*phase)(void *data, int coroutines);
    void *phase_data;
};

/* ---- sched.c ---- */

/* The run that is current for a call, after the checks that all functions of
 * coroutine and ngx.thread share; raises what the reference raises.  A run may
 * yield or may not from its start to its end. */
LX_RAISES lco_run *lco_sched_check_first(lua_State *L, lco_sched *s);
LX_RAISES static inline lco_run *lco_sched_check(lua_State *L, lco_sched *s)
{
    return s->cur != NULL && s->cur->may_yield ? s->cur
                                               : lco_sched_check_first(L, s);
}
/* Raises the error for a call where no run is current. */
LX_RAISES int lco_sched_refuse(lua_State *L, lco_sched *s, int coroutines);
LX_RAISES void lco_sched_need_yield(lua_State *L);

/* ---- run.c ---- */

/* Makes the message that the driver cannot make.  [-0, +0] */
LX_RAISES void lco_run_open(lua_State *L);

/* ---- co.c: records ---- */

/* Makes the table of anchors.  [-0, +0] */
LX_RAISES void lco_co_open(lua_State *L);

/* The record of a Lua thread, NULL if it has none (Lua's own coroutine). */
static inline lco_co *lco_co_of(lua_State *L)
{
    return *lx_slot(L);
}

/* The same, but NULL also for a coroutine of another run. */
static inline lco_co *lco_co_in(lua_State *L, const lco_run *run)
{
    lco_co *co = lco_co_of(L);

    return co != NULL && co->run_id == run->id ? co : NULL;
}

static inline int lco_co_is_alive(const lco_co *co)
{
    return co->status != LCO_CO_DEAD && co->status != LCO_CO_ZOMBIE;
}

/* May a coroutine change from one status to the other?  A thread that waits in
 * an API call is running: the reference's word. */
static inline int lco_co_may_become(lco_status from, lco_status to)
{
    /* clang-format off */
    static const char legal[5][5] = {
        /*                  running suspended normal dead zombie */
        [LCO_CO_RUNNING]   = {0,    1,        1,     1,   0},
        [LCO_CO_SUSPENDED] = {1,    0,        0,     1,   0},
        [LCO_CO_NORMAL]    = {1,    0,        0,     1,   0},
        [LCO_CO_DEAD]      = {0,    0,        0,     0,   1},
        [LCO_CO_ZOMBIE]    = {0,    0,        0,     1,   0},
    };
    /* clang-format on */

    return legal[from][to];
}

/* Changes its status; any change that is not legal is a fault of ours. */
static inline void lco_co_become(lco_co *co, lco_status status)
{
    assert(lco_co_may_become(co->status, status));
    co->status = status;
}

/* A fresh user coroutine of RUN, its thread pushed on L.  [-0, +1] */
LX_RAISES lco_co *lco_co_new(lua_State *L, lco_run *run);

/* An anchored coroutine for an entry or light thread, from the cache if there
 * is one; its thread is pushed on L.  [-0, +1] */
LX_RAISES lco_co *lco_co_take(lua_State *L, lco_run *run, lco_kind kind);
/* The same from the cache only, pushing nothing; NULL if it is empty. */
lco_co *lco_co_take_cached(lco_run *run, lco_kind kind);

/* Undoes lco_co_take() for one that will not be used after all. */
void lco_co_give_back(lco_run *run, lco_co *co);

/* The taken coroutine is a thread of the run from now on. */
void lco_co_enlist(lco_run *run, lco_co *co);
/* Ends an anchored thread: trace line, off all lists, anchor dropped or kept
 * for reuse.  Does nothing to one that is deleted already. */
void lco_co_delete(lco_run *run, lco_co *co);
/* Hands the ended coroutines of an ended run to the cache. */
void lco_co_recycle(lco_run *run);

/* ---- wait.c: pending operations ---- */

/* Calls the cancel function of CO's pending operation, if there is one. */
void lco_co_cancel(lco_run *run, lco_co *co);
/* CO is no longer one that the host will wake. */
void lco_co_awake(lco_run *run, lco_co *co);

/* ---- post.c: posted threads ---- */

void lco_post_init(lco_run *run);
void lco_post_free(lco_run *run);
/* Makes room for one more; -1 when out of memory. */
int lco_post_reserve(lco_run *run);
/* Appends CO; there must be room. */
void lco_post_add(lco_run *run, lco_co *co);
/* Takes the next one that is to be resumed; NULL when the queue is empty. */
lco_co *lco_post_next(lco_run *run);
/* CO is deleted: its entries stay as bare numbers. */
void lco_post_forget(lco_run *run, lco_co *co);

/* ---- uthread.c ---- */

/* Puts an ended thread on its parent's list until somebody waits for it. */
void lco_zombie_add(lco_co *parent, lco_co *co);
void lco_zombie_remove(lco_co *co);
/* Deletes the zombies of a coroutine that has returned. */
void lco_zombie_reap(lco_run *run, lco_co *parent);
/* Does CO's parent wait for it in ngx.thread.wait? */
int lco_co_is_awaited(const lco_co *co);
LX_RAISES void lco_uthread_open(lco_sched *s, lua_State *L);

/* ---- corolib.c ---- */

/* coroutine.yield's changes of state, with the trace line. */
void lco_coro_suspend(lco_run *run, lco_co *co);
/* The coroutine whose error CO's own error is: CO called a function made by
 * coroutine.wrap, it failed, and CO did not catch that.  Else NULL. */
lco_co *lco_coro_origin(lco_co *co);
LX_RAISES void lco_coro_open(lco_sched *s, lua_State *L);

/* ---- traceback.c ---- */

/* Logs the end of an entry or light thread by an error of Lua, with the
 * traceback of the coroutine and of those that wait for it. */
void lco_log_error(lco_run *run, lco_co *co, int status);

/* ---- trace.c: one function per line of the contract, each called only where
 * the run is traced ---- */

void lco_trace_pair(lco_run *run, const char *verb, lco_co *co, lco_co *parent);
void lco_trace_one(lco_run *run, const char *verb, lco_co *co,
                   const char *after);
void lco_trace_number(lco_run *run, const char *verb, unsigned no);

static inline void lco_trace_create(lco_run *run, lco_co *co, lco_co *parent)
{
    if (run->tracing) {
        lco_trace_pair(run, "create", co, parent);
    }
}

static inline void lco_trace_spawn(lco_run *run, lco_co *co, lco_co *parent)
{
    if (run->tracing) {
        lco_trace_pair(run, "spawn user thread", co, parent);
    }
}

static inline void lco_trace_resume(lco_run *run, lco_co *co, lco_co *parent)
{
    if (run->tracing) {
        lco_trace_pair(run, "resume", co, parent);
    }
}

static inline void lco_trace_yield(lco_run *run, lco_co *co, lco_co *parent)
{
    if (run->tracing) {
        lco_trace_pair(run, "yield", co, parent);
    }
}

static inline void lco_trace_post(lco_run *run, lco_co *co)
{
    if (run->tracing) {
        lco_trace_one(run, "post thread", co, "");
    }
}

static inline void lco_trace_run_posted(lco_run *run, unsigned no)
{
    if (run->tracing) {
        lco_trace_number(run, "run posted thread", no);
    }
}

static inline void lco_trace_end(lco_run *run, lco_co *co, int ok)
{
    if (run->tracing) {
        lco_trace_one(run, "terminate", co, ok ? ": ok" : ": fail");
    }
}

static inline void lco_trace_delete(lco_run *run, lco_co *co)
{
    if (run->tracing) {
        lco_trace_one(run, "delete thread", co, "");
    }
}

#endif

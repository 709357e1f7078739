/* The driver: resumes one coroutine after another until all of a run wait, or
 * the run is over.  The order of events is ngx_http_lua_run_thread's.
 *
 * It is called from outside Lua, where nobody would catch an error: whatever
 * may raise happens inside a coroutine or in a protected call, the rest uses
 * only calls of Lua that cannot fail.
 */
#include "sched/sched.h"

#include <string.h>

enum {
    HTTP_INTERNAL_SERVER_ERROR = 500
};

/* What comes after one resume: the next coroutine with so many values on its
 * stack top, or, with no coroutine, a result. */
typedef struct step {
    lco_co *co;
    int nargs;
    int rc;
} step;

static step go_on(lco_co *co, int nargs)
{
    return (step){co, nargs, 0};
}

static step stop(lco_run *run, int rc)
{
    run->cur = NULL;
    return (step){NULL, 0, rc};
}

/* ---- the end of a run ---- */

static void finish(lco_run *run)
{
    lco_co *co;

    /* user coroutines are on no other list */
    while (run->pending != NULL) {
        lco_co_cancel(run, run->pending);
    }

    if (run->on_abort != NULL) {
        lco_co_delete(run, run->on_abort);
    }
    /* in the order they were spawned */
    co = run->threads;
    while (co != NULL && co->thr_next != NULL) {
        co = co->thr_next;
    }
    while (co != NULL) {
        lco_co *newer = co->thr_prev;

        lco_co_delete(run, co);
        co = newer;
    }
    if (run->entry != NULL) {
        lco_co_delete(run, run->entry);
    }

    lco_co_recycle(run);
    lco_post_free(run);
    run->uthreads = 0;
    run->asleep = 0;
    run->cur = NULL;
    run->ended = 1;
}

static int failure(lco_run *run)
{
    return run->host->headers_sent(run) ? LCO_ERROR
                                        : HTTP_INTERNAL_SERVER_ERROR;
}

/* ngx.exit and its kin: CO asked for it. */
static step end_early(lco_run *run, lco_co *co)
{
    lco_trace_end(run, co, 1);
    return stop(run, run->why == LCO_WHY_EXIT ? run->exit_code : LCO_DONE);
}

/* ---- values from one coroutine to another ---- */

/* What is handed over before the values themselves. */
typedef enum lead {
    LEAD_FALSE,
    LEAD_TRUE,
    LEAD_NOTHING /* coroutine.wrap's function returns them bare */
} lead;

/* Registry key of the message for results that do not fit. */
static const char too_many;

/* Moves the N values on FROM's stack top to TO; returns how many values TO is
 * to be resumed with. */
static int hand_over(lco_co *from, lco_co *to, int n, lead first)
{
    if (!lua_checkstack(to->L, n + 1)) {
        /* the function that yielded was called with LUA_MINSTACK free slots:
         * these two fit */
        lua_pop(from->L, n);
        if (first == LEAD_NOTHING) {
            to->raise = 1;
        }
        else {
            lua_pushboolean(to->L, 0);
        }
        lua_rawgetp(to->L, LUA_REGISTRYINDEX, &too_many);
        return first == LEAD_NOTHING ? 1 : 2;
    }

    if (first != LEAD_NOTHING) {
        lua_pushboolean(to->L, first == LEAD_TRUE);
        n++;
    }
    lua_xmove(from->L, to->L, first == LEAD_NOTHING ? n : n - 1);
    return n;
}

/* CO is done and its parent waits for it, by coroutine.resume or by
 * ngx.thread.wait: the parent goes on with CO's N results. */
static step back_to_parent(lco_run *run, lco_co *co, int n, lead first)
{
    lco_co *parent = co->parent;

    n = hand_over(co, parent, n, first);
    if (co->kind == LCO_KIND_THREAD) {
        lco_co_delete(run, co);
        run->uthreads--;
        parent->waiting = 0;
    }
    else {
        parent->child = NULL;
        co->parent = NULL;
        lco_co_become(parent, LCO_CO_RUNNING);
    }
    return go_on(parent, n);
}

/* A light thread is over, with N values on its stack top. */
static step thread_over(lco_run *run, lco_co *co, int n)
{
    if (lco_co_is_alive(co->parent)) {
        if (lco_co_is_awaited(co)) {
            return back_to_parent(run, co, n,
                                  co->failed ? LEAD_FALSE : LEAD_TRUE);
        }
        co->nres = n;
        lco_zombie_add(co->parent, co);
        return stop(run, LCO_AGAIN);
    }

    lco_co_delete(run, co);
    run->uthreads--;
    if (run->uthreads > 0 || run->entry != NULL) {
        return stop(run, LCO_AGAIN);
    }
    return stop(run, LCO_OK);
}

/* ---- after a resume ---- */

static void fall_asleep(lco_run *run, lco_co *co)
{
    co->asleep = 1;
    run->asleep++;
}

static step on_yield(lco_run *run, lco_co *co, int n)
{
    lco_op op = run->op;
    lco_co *next = run->cur;
    lco_co *parent = co->parent;

    run->op = LCO_OP_NONE;
    if (run->why != LCO_WHY_NONE) {
        return end_early(run, co);
    }

    switch (op) {
    case LCO_OP_WAIT:
        if (!co->waiting) {
            fall_asleep(run, co);
        }
        return stop(run, LCO_AGAIN);

    case LCO_OP_SERVICE:
        return (step){NULL, 0, LCO_SERVICE};

    case LCO_OP_SPAWN:
        /* beside the arguments there are the record and the function */
        return go_on(next, lua_gettop(next->L) - 2);

    case LCO_OP_RESUME:
        /* coroutine.resume has made sure that there is room */
        lua_xmove(co->L, next->L, n);
        return go_on(next, n);

    case LCO_OP_NONE:
        lco_coro_suspend(run, co);
        break;

    case LCO_OP_YIELD:
        break;
    }

    if (co->kind == LCO_KIND_USER) {
        parent->child = NULL;
        co->parent = NULL;
        return go_on(parent, hand_over(co, parent, n,
                                       co->is_wrap ? LEAD_NOTHING : LEAD_TRUE));
    }

    /* a thread yields to nobody: the values are dropped, others go first */
    lua_pop(co->L, n);
    lco_co_become(co, LCO_CO_RUNNING);
    if (run->post_len > 0 && lco_post_reserve(run) == 0) {
        lco_post_add(run, co);
        return stop(run, LCO_AGAIN);
    }
    return go_on(co, 0);
}

static step on_return(lco_run *run, lco_co *co, int n)
{
    lco_co_cancel(run, co);
    lco_trace_end(run, co, 1);
    lco_co_become(co, LCO_CO_DEAD);
    lco_zombie_reap(run, co);

    switch (co->kind) {
    case LCO_KIND_ENTRY:
        lco_co_delete(run, co);
        return stop(run, run->uthreads > 0 ? LCO_AGAIN : LCO_OK);

    case LCO_KIND_THREAD:
        return thread_over(run, co, n);

    case LCO_KIND_USER:
        break;
    }
    return back_to_parent(run, co, n, co->is_wrap ? LEAD_NOTHING : LEAD_TRUE);
}

/* The error of a function made by coroutine.wrap goes on in its caller. */
static step raise_in_parent(lco_co *co)
{
    lco_co *parent = co->parent;

    lua_xmove(co->L, parent->L, 1);
    parent->child = NULL;
    lco_co_become(parent, LCO_CO_RUNNING);
    parent->raise = 1;
    return go_on(parent, 1);
}

static step on_error(lco_run *run, lco_co *co, int status)
{
    run->cur = co;
    run->op = LCO_OP_NONE;
    run->why = LCO_WHY_NONE;
    lco_co_cancel(run, co);
    if (lco_coro_origin(co) == NULL) {
        /* else the end of the coroutine it began in stands for both */
        lco_trace_end(run, co, 0);
    }
    co->failed = 1;
    lco_co_become(co, LCO_CO_DEAD);

    switch (co->kind) {
    case LCO_KIND_ENTRY:
        lco_log_error(run, co, status);
        return stop(run, failure(run));

    case LCO_KIND_THREAD:
        lco_log_error(run, co, status);
        return thread_over(run, co, 1);

    case LCO_KIND_USER:
        break;
    }
    if (co->is_wrap) {
        return raise_in_parent(co);
    }
    return back_to_parent(run, co, 1, LEAD_FALSE);
}

/* ---- the loop ---- */

/* Resumes CO, and then whatever follows from that. */
static int dispatch(lco_run *run, lco_co *co, int nargs)
{
    step next = go_on(co, nargs);
    int status, n;

    if (co->spawned) {
        co->spawned = 0;
        next.nargs = 1;
    }

    while (next.co != NULL) {
        co = next.co;
        run->cur = co;
        status = lx_resume(co->L, run->sched->L, next.nargs, &n);

        switch (status) {
        case LUA_OK:
            next = on_return(run, co, n - 1); /* less the record */
            break;
        case LUA_YIELD:
            next = on_yield(run, co, n);
            break;
        default:
            next = on_error(run, co, status);
            break;
        }
    }
    return next.rc;
}

/* All coroutines wait.  For what, once the entry thread is gone and the host
 * will wake nobody?  Zombies that nobody can wait for any more (their parent
 * failed, or was never resumed again) keep the reference's requests open for
 * ever. */
static int idle(const lco_run *run)
{
    return run->entry == NULL && run->asleep == 0 ? LCO_OK : LCO_AGAIN;
}

static int drive(lco_run *run, lco_co *co, int nargs)
{
    lco_sched *s = run->sched;
    lco_run *outer = s->cur;
    int rc = LCO_AGAIN;

    s->cur = run;
    for (; co != NULL; co = lco_post_next(run), nargs = 0) {
        rc = dispatch(run, co, nargs);
        if (rc != LCO_AGAIN) {
            break;
        }
    }
    s->cur = outer;

    if (rc == LCO_AGAIN) {
        rc = idle(run);
    }
    if (rc != LCO_AGAIN && rc != LCO_SERVICE) {
        finish(run);
    }
    return rc;
}

/* ---- public ---- */

void lco_run_open(lua_State *L)
{
    lua_pushliteral(L, "too many results to resume");
    lua_rawsetp(L, LUA_REGISTRYINDEX, &too_many);
}

static int protected_take(lua_State *L)
{
    lco_run *run = lua_touserdata(L, 1);

    run->entry = lco_co_take(L, run, LCO_KIND_ENTRY);
    return 0;
}

/* Makes run->entry, out of the cache without any protected call. */
static int make_entry(lco_run *run)
{
    lua_State *L = run->sched->L;

    run->entry = lco_co_take_cached(run, LCO_KIND_ENTRY);
    if (run->entry == NULL) {
        lua_pushcfunction(L, protected_take);
        lua_pushlightuserdata(L, run);
        if (lua_pcall(L, 1, 0, 0) != LUA_OK) {
            lua_pop(L, 1);
            return -1;
        }
    }
    lco_co_enlist(run, run->entry);
    return 0;
}

void lco_run_init(lco_run *run, lco_sched *s, const lco_host *host, void *data)
{
    memset(run, 0, sizeof(*run));
    run->sched = s;
    run->host = host;
    run->data = data;
    run->id = s->next_id++;
    lco_post_init(run);
}

int lco_run_start(lco_run *run)
{
    lua_State *L = run->sched->L;
    lco_co *co;

    assert(!run->ended && run->entry == NULL);
    if (!lua_checkstack(L, LUA_MINSTACK) || make_entry(run) != 0) {
        lua_pop(L, 1);
        run->ended = 1;
        run->host->log(run, LCO_LOG_ERR,
                       "failed to create new coroutine to handle request");
        return HTTP_INTERNAL_SERVER_ERROR;
    }

    co = run->entry;
    lco_co_become(co, LCO_CO_RUNNING);
    lua_xmove(L, co->L, 1);
    return drive(run, co, 0);
}

int lco_run_wake(lco_run *run, lco_co *co, int nargs)
{
    assert(!run->ended && run->cur == NULL);
    assert(co->run_id == run->id && co->status == LCO_CO_RUNNING);
    assert(co->asleep && co->cancel == NULL);
    lco_co_awake(run, co);
    return drive(run, co, nargs);
}

int lco_run_continue(lco_run *run, int nargs)
{
    assert(!run->ended && run->cur != NULL);
    return drive(run, run->cur, nargs);
}

int lco_run_wait(lco_run *run)
{
    assert(!run->ended && run->cur != NULL);
    fall_asleep(run, run->cur);
    run->cur = NULL;
    return drive(run, lco_post_next(run), 0);
}

int lco_run_client_gone(lco_run *run)
{
    lco_co *co = run->on_abort;

    assert(!run->ended && run->cur == NULL && co != NULL);
    /* It counts only from here on: a run does not wait for it. */
    run->uthreads++;
    lco_co_become(co, LCO_CO_RUNNING);
    return drive(run, co, 0);
}

void lco_run_abort(lco_run *run)
{
    if (run->ended) {
        return;
    }
    run->why = LCO_WHY_ABORT;
    finish(run);
}

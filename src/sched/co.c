/* Coroutine records: birth, anchor, reuse, end.
 *
 * A record lies at the bottom of its thread's stack and the thread's slot
 * points to it, so that finding it costs a load and it can neither outlive nor
 * be outlived by the thread.  The price: nobody may take it off that stack.
 *
 * Reuse: a thread that has returned is as good as new, its record included.
 * But Lua may hold on to it, and ngx.thread.wait() of one that was waited for
 * must go on saying so; therefore it is handed to other runs only, when this
 * one is over.  A thread that failed or was left half-way is dropped: Lua 5.3
 * cannot reset one, and 5.4's lua_resetthread runs __close metamethods, which
 * is no work for the driver.
 */
#include "sched/sched.h"

#include <string.h>

/* Registry key of the anchors: record's address -> thread. */
static const char anchors;

void lco_co_open(lua_State *L)
{
    lua_newtable(L);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &anchors);
}

/* Fills in what a coroutine of RUN starts with. */
static void renew(lco_co *co, lco_run *run, lco_kind kind)
{
    lua_State *L = co->L;

    memset(co, 0, sizeof(*co));
    co->L = L;
    co->sched = run->sched;
    co->run_id = run->id;
    co->kind = kind;
    co->status = LCO_CO_SUSPENDED;
}

lco_co *lco_co_new(lua_State *L, lco_run *run)
{
    lua_State *thread = lua_newthread(L);
    lco_co *co = lx_newuserdata(L, sizeof(*co));

    co->L = thread;
    renew(co, run, LCO_KIND_USER);
    lua_xmove(L, thread, 1);
    *lx_slot(thread) = co;
    return co;
}

lco_co *lco_co_take_cached(lco_run *run, lco_kind kind)
{
    lco_sched *s = run->sched;
    lco_co *co = s->cache;

    if (co != NULL) {
        s->cache = co->thr_next;
        s->cached--;
        renew(co, run, kind);
    }
    return co;
}

lco_co *lco_co_take(lua_State *L, lco_run *run, lco_kind kind)
{
    lco_co *co = lco_co_take_cached(run, kind);

    if (co != NULL) {
        lua_pushthread(co->L);
        lua_xmove(co->L, L, 1);
        return co;
    }

    co = lco_co_new(L, run);
    co->kind = kind;
    lua_rawgetp(L, LUA_REGISTRYINDEX, &anchors);
    lua_pushvalue(L, -2);
    lua_rawsetp(L, -2, co);
    lua_pop(L, 1);
    return co;
}

void lco_co_enlist(lco_run *run, lco_co *co)
{
    co->anchored = 1;
    run->sched->anchored++;
    if (co->kind != LCO_KIND_THREAD) {
        return;
    }

    co->thr_prev = NULL;
    co->thr_next = run->threads;
    if (run->threads != NULL) {
        run->threads->thr_prev = co;
    }
    run->threads = co;
}

static void delist(lco_run *run, lco_co *co)
{
    if (co->kind != LCO_KIND_THREAD) {
        run->entry = NULL;
        return;
    }

    if (co->thr_prev != NULL) {
        co->thr_prev->thr_next = co->thr_next;
    }
    else {
        run->threads = co->thr_next;
    }
    if (co->thr_next != NULL) {
        co->thr_next->thr_prev = co->thr_prev;
    }
    co->thr_next = co->thr_prev = NULL;
}

/* Keeps a returned thread for reuse; anything else, and what is too many, the
 * collector may have. */
static void let_go(lco_run *run, lco_co *co)
{
    lco_sched *s = run->sched;

    if (lua_status(co->L) == LUA_OK && s->cached < s->cache_max) {
        lua_settop(co->L, 1);
        co->thr_next = run->spent;
        run->spent = co;
        s->cached++;
        return;
    }

    /* the key exists: setting it allocates nothing */
    lua_rawgetp(s->L, LUA_REGISTRYINDEX, &anchors);
    lua_pushnil(s->L);
    lua_rawsetp(s->L, -2, co);
    lua_pop(s->L, 1);
}

void lco_co_delete(lco_run *run, lco_co *co)
{
    lco_sched *s = run->sched;

    if (!co->anchored) {
        return;
    }

    lco_trace_delete(run, co);
    co->anchored = 0;
    if (co->status != LCO_CO_DEAD) {
        lco_co_become(co, LCO_CO_DEAD);
    }
    s->anchored--;
    delist(run, co);
    lco_zombie_remove(co);
    if (co == run->on_abort) {
        run->on_abort = NULL;
    }
    let_go(run, co);
}

void lco_co_give_back(lco_run *run, lco_co *co)
{
    lco_co_become(co, LCO_CO_DEAD);
    let_go(run, co);
}

void lco_co_recycle(lco_run *run)
{
    lco_sched *s = run->sched;
    lco_co *co;

    while ((co = run->spent) != NULL) {
        run->spent = co->thr_next;

        /* nobody asks for its parent any more: let go of it */
        lua_pushnil(co->L);
        lx_setuservalue(co->L, 1);
        co->thr_next = s->cache;
        s->cache = co;
    }
}

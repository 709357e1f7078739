/* Waiting: what a C function called from Lua does to suspend its coroutine,
 * and the pending operation that a waiting coroutine has.
 *
 * The hard thing: between the checks and the yield nothing may raise, or the
 * scheduler would find an operation asked for by a coroutine that goes on.
 */
#include "sched/sched.h"

void lco_co_unpend(lco_run *run, lco_co *co)
{
    if (co->cancel == NULL) {
        return;
    }
    co->cancel = NULL;
    co->cancel_data = NULL;
    co->held = 0;

    if (co->pend_prev != NULL) {
        co->pend_prev->pend_next = co->pend_next;
    }
    else {
        run->pending = co->pend_next;
    }
    if (co->pend_next != NULL) {
        co->pend_next->pend_prev = co->pend_prev;
    }
    co->pend_next = co->pend_prev = NULL;
}

void lco_co_cancel(lco_run *run, lco_co *co)
{
    void (*cancel)(lco_co * co, void *data) = co->cancel;
    void *data = co->cancel_data;

    if (cancel != NULL) {
        lco_co_unpend(run, co);
        cancel(co, data);
    }
}

void lco_co_pend(lco_run *run, lco_co *co,
                 void (*cancel)(lco_co *co, void *data), void *data)
{
    assert(cancel != NULL);
    lco_co_cancel(run, co);

    co->cancel = cancel;
    co->cancel_data = data;
    co->pend_prev = NULL;
    co->pend_next = run->pending;
    if (run->pending != NULL) {
        run->pending->pend_prev = co;
    }
    run->pending = co;
}

void lco_co_hold(lco_co *co)
{
    assert(co->cancel != NULL);
    co->held = 1;
}

void lco_co_awake(lco_run *run, lco_co *co)
{
    if (co->asleep) {
        co->asleep = 0;
        run->asleep--;
    }
}

void *lco_co_pending(const lco_co *co)
{
    return co->cancel != NULL ? co->cancel_data : NULL;
}

lua_State *lco_co_state(lco_co *co)
{
    return co->L;
}

lco_co *lco_co_check(lua_State *L, lco_run *run)
{
    lco_co *co = lco_co_in(L, run);

    if (co == NULL) {
        luaL_error(L, "no co ctx found");
    }
    lco_sched_need_yield(L);
    return co;
}

int lco_run_yieldk(lua_State *L, lua_KContext ctx, lua_KFunction k)
{
    lco_co *co = lco_co_of(L);
    lco_run *run = co != NULL ? co->sched->cur : NULL;

    if (run == NULL) {
        return luaL_error(L, "no co ctx found");
    }
    lco_co_check(L, run);
    run->op = LCO_OP_WAIT;
    return lua_yieldk(L, 0, ctx, k);
}

int lco_run_yield(lua_State *L)
{
    return lco_run_yieldk(L, 0, NULL);
}

int lco_run_askk(lua_State *L, lco_run *run, int service, lua_KContext ctx,
                 lua_KFunction k)
{
    lco_co_check(L, run);
    run->op = LCO_OP_SERVICE;
    run->service = service;
    return lua_yieldk(L, 0, ctx, k);
}

int lco_run_ask(lua_State *L, lco_run *run, int service)
{
    return lco_run_askk(L, run, service, 0, NULL);
}

int lco_run_exit(lua_State *L, lco_run *run, lco_why why, int code)
{
    lco_co_check(L, run);
    run->why = why;
    run->exit_code =
        code == LCO_AGAIN || code == LCO_SERVICE ? LCO_ERROR : code;
    return lua_yield(L, 0);
}

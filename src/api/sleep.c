/* ngx.sleep: the model of an API function that waits.
 *
 * Check the arguments and the phase, find the coroutine, make its wait, arm
 * what will end it, yield.  Nothing between the making and the yield may
 * raise.  The wait is freed when its results are delivered or when it is
 * cancelled, by req/ctx.c; this file only arms and disarms the timer.
 *
 * Thread: inside the VM.  The timer's callback runs on the loop thread.
 */
#include "api/api.h"

#include "api/common.h"

#include <math.h>

/* Longer sleeps are cut to this many milliseconds, some 35,000 years, so
 * that now + delay stays within the clock's 64 bits. */
#define MAX_MSEC (INT64_C(1) << 50)

static void sleep_done(lco_loop *loop, lco_timer *t)
{
    (void) loop;
    lco_wait_done(t->data, NULL);
}

/* kill, exit, abort or the end of the request while asleep */
static void sleep_stop(lco_wait *w)
{
    lco_timer_stop(w->req->vm->loop, &w->timer);
}

/* ngx.sleep(seconds): waits that long, with a resolution of a millisecond; 0
 * lets every other coroutine that is ready run once.  Returns nothing.  What
 * is negative in milliseconds, NaN or past 2^63 milliseconds is refused. */
static int api_sleep(lua_State *L)
{
    int nargs = lua_gettop(L);
    lua_Number msec;
    size_t len;
    int64_t delay;
    lco_req *req;
    lco_co *co;
    lco_wait *wait;

    if (nargs != 1) {
        return luaL_error(L, "attempt to pass %d arguments, but accepted 1",
                          nargs);
    }
    /* Any phase here: a bad argument is reported before a bad phase. */
    req = lco_api_req(L, ~0U, "no request found");
    msec = lco_api_checknumber(L, 1) * 1000;
    /* Written so that NaN is refused; the fraction does not count. */
    if (!(msec > -1 && msec < 9223372036854775808.0)) {
        /* In milliseconds, as the reference words it. */
        lua_pushnumber(L, trunc(msec));
        return luaL_error(L, "invalid sleep duration \"%s\"",
                          lco_api_tolstring(L, -1, &len));
    }
    delay = msec < (lua_Number) MAX_MSEC ? (int64_t) msec : MAX_MSEC;

    lco_req_check_phase(L, req, LCO_YIELDABLE);
    co = lco_co_check(L, &req->run);

    wait = lco_wait_new(req, co, sleep_stop);
    if (!wait) {
        return luaL_error(L, "no memory");
    }
    wait->timer.fn = sleep_done;
    if (lco_timer_start(req->vm->loop, &wait->timer, delay * 1000)) {
        lco_wait_drop(wait);
        return luaL_error(L, "no memory");
    }
    return lco_run_yield(L);
}

static const luaL_Reg sleep_funcs[] = {
    {"sleep", api_sleep},
    {NULL, NULL},
};

void lco_api_open_sleep(lua_State *L)
{
    luaL_setfuncs(L, sleep_funcs, 0);
}

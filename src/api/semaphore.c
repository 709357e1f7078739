/* require "ngx.semaphore": new, post, wait, count.
 *
 * A semaphore is of its VM: any request of the VM may post it and wait for it.
 * Whoever waits stands in its line, in the order of coming.  post() hands what
 * there is to the first in line at once: their waits are over, and they are
 * resumed by whoever owns their requests.  One that is killed before that gives
 * back what it was handed, so that nothing is lost.
 *
 * A waiter's coroutine has the semaphore on its stack, so it is there as long
 * as anybody waits for it.
 *
 * Thread: inside the VM.  The timer's callback runs on the loop thread.
 */
#include "api/api.h"

#include "api/common.h"

#include <math.h>
#include <stdlib.h>
#include <sys/queue.h>

#define META "luaco.semaphore"

/* As for ngx.sleep. */
#define MAX_MSEC (INT64_C(1) << 50)

typedef struct lco_sema lco_sema;

typedef struct lco_waiter {
    TAILQ_ENTRY(lco_waiter) link;
    lco_sema *sema;
    lco_wait *wait;
} lco_waiter;

struct lco_sema {
    lua_Integer count;  /* what nobody has been handed */
    lua_Integer nwaits; /* in line */
    TAILQ_HEAD(, lco_waiter) line;
};

/* Takes W out of its line. */
static void leave_line(lco_waiter *w)
{
    TAILQ_REMOVE(&w->sema->line, w, link);
    w->sema->nwaits--;
    free(w);
}

static int push_true(lua_State *L, lco_wait *wait)
{
    (void) wait;
    lua_pushboolean(L, 1);
    lua_pushnil(L);
    return 2;
}

static int push_timeout(lua_State *L, lco_wait *wait)
{
    (void) wait;
    lua_pushboolean(L, 0);
    lua_pushliteral(L, "timeout");
    return 2;
}

/* Hands out what there is. */
static void hand_out(lco_sema *s)
{
    lco_waiter *w;

    while (s->count > 0 && (w = TAILQ_FIRST(&s->line))) {
        lco_wait *wait = w->wait;

        leave_line(w);
        s->count--;
        wait->data = s; /* for give_back() */
        lco_timer_stop(wait->req->vm->loop, &wait->timer);
        lco_wait_done(wait, push_true);
    }
}

/* kill, exit, abort or the end of the request while in line */
static void stop_waiting(lco_wait *wait)
{
    lco_timer_stop(wait->req->vm->loop, &wait->timer);
    leave_line(wait->data);
}

/* the same after the wait was over */
static void give_back(lco_wait *wait)
{
    lco_sema *s = wait->data;

    if (s) {
        s->count++;
        hand_out(s);
    }
}

static void timed_out(lco_loop *loop, lco_timer *t)
{
    lco_wait *wait = t->data;

    (void) loop;
    leave_line(wait->data);
    wait->data = NULL;
    lco_wait_done(wait, push_timeout);
}

/* luaL_error() does not return, which its declaration does not say. */
static _Noreturn void refuse(lua_State *L)
{
    luaL_error(L, "not a semaphore instance");
    abort();
}

/* The semaphore of the table at 1, which is pushed too.  [-0, +1] */
static lco_sema *check_sema(lua_State *L)
{
    lco_sema *s = NULL;

    if (lua_type(L, 1) == LUA_TTABLE) {
        lua_pushliteral(L, "sem");
        lua_rawget(L, 1);
        s = luaL_testudata(L, -1, META);
    }
    if (!s) {
        refuse(L);
    }
    return s;
}

/* The number at ARG cut to an int; DEFAULT where there is none. */
static int number_or(lua_State *L, int arg, int without)
{
    int is_number;
    lua_Number n = lua_tonumberx(L, arg, &is_number);

    if (!is_number) {
        return without;
    }
    lua_pushnumber(L, n);
    lua_replace(L, arg);
    return lco_api_toint(L, arg);
}

/* semaphore.new(n?) */
static int sema_new(lua_State *L)
{
    int n;
    lco_sema *s;

    lua_settop(L, 1);
    n = number_or(L, 1, 0);
    if (n < 0 || lua_tonumber(L, 1) < 0) {
        return luaL_error(L, "no negative number");
    }
    lua_createtable(L, 0, 1);
    s = lx_newuserdata(L, sizeof(*s));
    s->count = n;
    s->nwaits = 0;
    TAILQ_INIT(&s->line);
    luaL_setmetatable(L, META);
    lua_setfield(L, -2, "sem");
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_setmetatable(L, -2);
    return 1;
}

/* sema:post(n?): true */
static int sema_post(lua_State *L)
{
    lco_sema *s;
    int n;

    lua_settop(L, 2);
    s = check_sema(L);
    n = 1;
    if (lua_toboolean(L, 2)) {
        n = number_or(L, 2, 1);
    }
    if (n < 1) {
        return luaL_error(L, "positive number required");
    }
    s->count += n;
    hand_out(s);
    lua_pushboolean(L, 1);
    return 1;
}

/* sema:count(): below 0: how many wait */
static int sema_count(lua_State *L)
{
    const lco_sema *s;

    lua_settop(L, 1);
    s = check_sema(L);
    lua_pushinteger(L, s->count - s->nwaits);
    return 1;
}

/* Arms a wait of the current coroutine; 0: no memory. */
static int get_in_line(lco_sema *s, lco_req *req, lco_co *co, int64_t msec)
{
    lco_waiter *w = malloc(sizeof(*w));
    lco_wait *wait = w ? lco_wait_new(req, co, stop_waiting) : NULL;

    if (!wait) {
        free(w);
        return 0;
    }
    wait->drop = give_back;
    wait->data = w;
    wait->timer.fn = timed_out;
    if (lco_timer_start(req->vm->loop, &wait->timer, msec * 1000)) {
        free(w);
        lco_wait_drop(wait);
        return 0;
    }
    w->sema = s;
    w->wait = wait;
    TAILQ_INSERT_TAIL(&s->line, w, link);
    s->nwaits++;
    return 1;
}

/* sema:wait(seconds): true; nil or false, "timeout"; nil, err */
static int sema_wait(lua_State *L)
{
    lco_sema *s;
    lua_Number msec;
    int64_t delay;
    lco_req *req;
    lco_co *co;

    lua_settop(L, 2);
    s = check_sema(L);
    req = lco_req_get(L);
    if (!req) {
        return luaL_error(L, "no request found");
    }
    if (!lua_isnumber(L, 2)) {
        return luaL_error(L, "attempt to perform arithmetic on a nil value");
    }
    msec = lua_tonumber(L, 2) * 1000;
    if (msec < 0) {
        return luaL_error(L, "no negative number");
    }
    if (!(LCO_BIT(req->phase) & LCO_YIELDABLE)) {
        lua_pushnil(L);
        lua_pushfstring(L, "API disabled in the context of %s",
                        lco_phase_names[req->phase]);
        return 2;
    }
    if (s->count > 0 && TAILQ_EMPTY(&s->line)) {
        s->count--;
        lua_pushboolean(L, 1);
        return 1;
    }
    /* NaN is no time to wait either. */
    delay = msec < (lua_Number) MAX_MSEC ? msec >= 1 ? (int64_t) msec : 0
                                         : MAX_MSEC;
    if (isnan(msec) || delay == 0) {
        return lco_api_fail(L, "timeout");
    }
    co = lco_co_check(L, &req->run);
    if (!get_in_line(s, req, co, delay)) {
        return lco_api_fail(L, "no memory");
    }
    return lco_run_yield(L);
}

static const luaL_Reg sema_funcs[] = {
    {"new", sema_new},     {"post", sema_post}, {"wait", sema_wait},
    {"count", sema_count}, {NULL, NULL},
};

static int load_semaphore(lua_State *L)
{
    luaL_newmetatable(L, META);
    lua_pop(L, 1);
    luaL_newlibtable(L, sema_funcs);
    lua_createtable(L, 0, 1); /* module, metatable of semaphores */
    lua_pushvalue(L, -2);
    lua_setfield(L, -2, "__index");
    lua_insert(L, -2);
    lua_pushvalue(L, -2);
    luaL_setfuncs(L, sema_funcs, 1);
    return 1;
}

void lco_api_open_semaphore(lua_State *L)
{
    lco_api_preload(L, "ngx.semaphore", load_semaphore);
}

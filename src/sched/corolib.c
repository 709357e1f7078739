/* coroutine.create, wrap, resume, yield and status for the coroutines of a
 * run.  Where no run is current, and inside a coroutine that Lua itself made
 * there, they are Lua's own.
 *
 * The hard thing: coroutine.resume never resumes.  It notes its wish and
 * yields to the driver (run.c), which resumes the other coroutine, so that a
 * wait inside it suspends the whole request and not just the inner coroutine.
 */
#include "sched/sched.h"

static const char *const status_names[] = {
    [LCO_CO_RUNNING] = "running", [LCO_CO_SUSPENDED] = "suspended",
    [LCO_CO_NORMAL] = "normal",   [LCO_CO_DEAD] = "dead",
    [LCO_CO_ZOMBIE] = "zombie",
};

/* Upvalues of all functions: the scheduler, Lua's own function.  Those of a
 * wrapped coroutine: the scheduler, the coroutine. */
static lco_sched *my_sched(lua_State *L)
{
    lco_co *co = lco_co_of(L);

    /* the record has it nearer */
    return co != NULL ? co->sched : lua_touserdata(L, lua_upvalueindex(1));
}

/* Is this call for Lua's own function? */
static int is_foreign(lua_State *L, lco_sched *s)
{
    if (s->cur != NULL) {
        return lco_co_of(L) == NULL;
    }
    if (s->phase != NULL && s->phase(s->phase_data, 1) != NULL) {
        lco_sched_refuse(L, s, 1);
    }
    return 1;
}

static int call_own(lua_State *L)
{
    lua_pushvalue(L, lua_upvalueindex(2));
    lua_insert(L, 1);
    lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
    return lua_gettop(L);
}

/* Pushes a new coroutine for the function at index 1. */
static lco_co *create(lua_State *L, lco_sched *s)
{
    lco_run *run;
    lco_co *co;

    luaL_argcheck(L, lua_isfunction(L, 1) && !lua_iscfunction(L, 1), 1,
                  "Lua function expected");
    run = lco_sched_check(L, s);
    co = lco_co_new(L, run);
    lua_pushvalue(L, 1);
    lua_xmove(L, co->L, 1);
    lco_trace_create(run, co, lco_co_of(L));
    return co;
}

static int coro_create(lua_State *L)
{
    lco_sched *s = my_sched(L);

    if (is_foreign(L, s)) {
        return call_own(L);
    }
    create(L, s);
    return 1;
}

#define TOO_DEEP "too many coroutines resumed inside each other"

/* Resumes the coroutine at index 1 with the values above it. */
static int resume(lua_State *L, lco_sched *s, lua_KFunction k)
{
    lua_State *thread = lua_tothread(L, 1);
    lco_run *run;
    lco_co *me, *co;
    int n = lua_gettop(L) - 1;

    luaL_argcheck(L, thread != NULL, 1, "coroutine expected");
    run = lco_sched_check(L, s);
    me = lco_co_in(L, run);
    co = lco_co_in(thread, run);
    if (me == NULL || co == NULL) {
        return luaL_error(L, "no co ctx found");
    }

    lco_trace_resume(run, co, me);
    if (co->status != LCO_CO_SUSPENDED) {
        lua_pushboolean(L, 0);
        lua_pushfstring(L, "cannot resume %s coroutine",
                        status_names[co->status]);
        return 2;
    }
    lco_sched_need_yield(L);
    if (me->depth >= LCO_CO_DEPTH) {
        if (k != NULL) {
            return luaL_error(L, "%s", TOO_DEEP);
        }
        lua_pushboolean(L, 0);
        lua_pushliteral(L, TOO_DEEP);
        return 2;
    }
    /* one slot more, for the message if the start itself fails */
    if (!lua_checkstack(co->L, n + 1)) {
        lua_pushboolean(L, 0);
        lua_pushliteral(L, "too many arguments to resume");
        return 2;
    }

    lco_co_become(me, LCO_CO_NORMAL);
    me->child = co;
    co->parent = me;
    co->depth = me->depth + 1;
    lco_co_become(co, LCO_CO_RUNNING);
    run->op = LCO_OP_RESUME;
    run->cur = co;
    return lua_yieldk(L, n, 0, k);
}

static int coro_resume(lua_State *L)
{
    lco_sched *s = my_sched(L);
    lua_State *thread;

    if (!is_foreign(L, s)) {
        return resume(L, s, NULL);
    }

    thread = lua_tothread(L, 1);
    if (thread != NULL && lco_co_of(thread) != NULL) {
        /* a run's coroutine: not to be resumed but by the driver */
        lua_pushboolean(L, 0);
        lua_pushliteral(L, "cannot resume dead coroutine");
        return 2;
    }
    return call_own(L);
}

/* Goes on in the function made by coroutine.wrap when its coroutine yielded,
 * returned or failed. */
static int wrap_continue(lua_State *L, int status, lua_KContext ctx)
{
    lco_co *me = lco_co_of(L);

    (void) status;
    (void) ctx;
    if (me->raise) {
        me->raise = 0;
        return lua_error(L);
    }
    return lua_gettop(L) - 1;
}

static int wrap_call(lua_State *L)
{
    lco_sched *s = my_sched(L);

    if (s->cur == NULL) {
        return lco_sched_refuse(L, s, 1);
    }
    lua_pushvalue(L, lua_upvalueindex(2));
    lua_insert(L, 1);
    return resume(L, s, wrap_continue);
}

static int coro_wrap(lua_State *L)
{
    lco_sched *s = my_sched(L);

    if (is_foreign(L, s)) {
        return call_own(L);
    }
    create(L, s)->is_wrap = 1;
    lua_pushlightuserdata(L, s);
    lua_insert(L, -2);
    lua_pushcclosure(L, wrap_call, 2);
    return 1;
}

lco_co *lco_coro_origin(lco_co *co)
{
    lua_State *L = co->L;
    lua_Debug ar;
    lco_co *inner = NULL;

    /* wrap_continue's lua_error leaves wrap_call's frame on top of the dead
     * coroutine's stack; what else that frame may raise once its coroutine
     * has failed is a memory error */
    if (lua_status(L) != LUA_ERRRUN || !lua_getstack(L, 0, &ar) ||
        !lua_checkstack(L, 2)) {
        return NULL;
    }
    lua_getinfo(L, "f", &ar);
    if (lua_tocfunction(L, -1) == wrap_call) {
        lua_getupvalue(L, -1, 2);
        inner = lco_co_of(lua_tothread(L, -1));
        if (inner->run_id != co->run_id || !inner->failed) {
            inner = NULL;
        }
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    return inner;
}

void lco_coro_suspend(lco_run *run, lco_co *co)
{
    lco_co *parent = co->kind == LCO_KIND_USER ? co->parent : NULL;

    lco_co_become(co, LCO_CO_SUSPENDED);
    if (parent != NULL) {
        lco_co_become(parent, LCO_CO_RUNNING);
    }
    lco_trace_yield(run, co, parent);
}

static int coro_yield(lua_State *L)
{
    lco_sched *s = my_sched(L);
    lco_run *run;

    if (is_foreign(L, s)) {
        return lua_yield(L, lua_gettop(L));
    }
    run = lco_sched_check(L, s);
    lco_sched_need_yield(L);
    lco_coro_suspend(run, lco_co_of(L));
    run->op = LCO_OP_YIELD;
    return lua_yield(L, lua_gettop(L));
}

static int coro_status(lua_State *L)
{
    lco_sched *s = my_sched(L);
    lua_State *thread = lua_tothread(L, 1);
    lco_run *run;
    lco_co *co;

    luaL_argcheck(L, thread != NULL, 1, "coroutine expected");
    if (is_foreign(L, s) && lco_co_of(thread) == NULL) {
        return call_own(L);
    }
    run = s->cur;
    co = NULL;
    if (run != NULL) {
        lco_sched_check(L, s);
        co = lco_co_in(thread, run);
    }
    lua_pushstring(L, status_names[co != NULL ? co->status : LCO_CO_DEAD]);
    return 1;
}

static const luaL_Reg coro_funcs[] = {
    {"create", coro_create}, {"wrap", coro_wrap},     {"resume", coro_resume},
    {"yield", coro_yield},   {"status", coro_status}, {NULL, NULL},
};

void lco_coro_open(lco_sched *s, lua_State *L)
{
    const luaL_Reg *f;

    lua_getglobal(L, "coroutine");
    for (f = coro_funcs; f->name != NULL; f++) {
        lua_pushlightuserdata(L, s);
        lua_getfield(L, -2, f->name);

        /* the reference has both under these names too */
        lua_pushfstring(L, "_%s", f->name);
        lua_pushvalue(L, -2);
        lua_rawset(L, -5);
        lua_pushcclosure(L, f->func, 2);
        lua_pushfstring(L, "__%s", f->name);
        lua_pushvalue(L, -2);
        lua_rawset(L, -4);
        lua_setfield(L, -2, f->name);
    }

    /* Lua 5.4's would take the record off the coroutine's stack */
    lua_pushnil(L);
    lua_setfield(L, -2, "close");
    lua_pop(L, 1);
}

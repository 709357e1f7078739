/* ngx.thread.spawn, wait and kill; the zombies that nobody has waited for.
 *
 * The hard thing is which end of a thread a waiting parent may take for an
 * answer.  Each call of wait has a number, and a thread is awaited only while
 * its parent is in the very call that named it: the reference remembers no
 * more than "somebody waited once", so a thread that ends late wakes whatever
 * its parent does by then (lua-nginx-module issue 1439).
 */
#include "sched/sched.h"

/* ---- zombies ---- */

void lco_zombie_add(lco_co *parent, lco_co *co)
{
    lco_co_become(co, LCO_CO_ZOMBIE);
    co->zomb_next = NULL;
    co->zomb_prev = parent->zombies_last;
    if (parent->zombies_last != NULL) {
        parent->zombies_last->zomb_next = co;
    }
    else {
        parent->zombies = co;
    }
    parent->zombies_last = co;
}

void lco_zombie_remove(lco_co *co)
{
    lco_co *parent = co->parent;

    if (co->zomb_prev != NULL) {
        co->zomb_prev->zomb_next = co->zomb_next;
    }
    else if (parent != NULL && parent->zombies == co) {
        parent->zombies = co->zomb_next;
    }
    if (co->zomb_next != NULL) {
        co->zomb_next->zomb_prev = co->zomb_prev;
    }
    else if (parent != NULL && parent->zombies_last == co) {
        parent->zombies_last = co->zomb_prev;
    }
    co->zomb_next = co->zomb_prev = NULL;
}

void lco_zombie_reap(lco_run *run, lco_co *parent)
{
    while (parent->zombies != NULL) {
        lco_co_delete(run, parent->zombies);
        run->uthreads--;
    }
}

int lco_co_is_awaited(const lco_co *co)
{
    return co->parent->waiting && co->waited_gen == co->parent->wait_gen;
}

/* ---- functions ---- */

static lco_sched *my_sched(lua_State *L)
{
    return lua_touserdata(L, lua_upvalueindex(1));
}

/* The calling coroutine's record. */
static lco_co *self(lua_State *L, lco_run *run)
{
    lco_co *co = lco_co_in(L, run);

    if (co == NULL) {
        luaL_error(L, "no co ctx found");
        __builtin_unreachable();
    }
    return co;
}

static int uthread_spawn(lua_State *L)
{
    int n = lua_gettop(L);
    lco_sched *s = my_sched(L);
    lco_run *run;
    lco_co *me, *co;

    if (s->cur == NULL) {
        return lco_sched_refuse(L, s, 0);
    }
    luaL_argcheck(L, lua_isfunction(L, 1) && !lua_iscfunction(L, 1), 1,
                  "Lua function expected");
    run = lco_sched_check(L, s);
    me = self(L, run);
    lco_sched_need_yield(L);

    if (lco_post_reserve(run) != 0) {
        return luaL_error(L, "no memory");
    }
    co = lco_co_take(L, run, LCO_KIND_THREAD);
    if (!lua_checkstack(co->L, n + 2)) {
        lco_co_give_back(run, co);
        return luaL_error(L, "too many arguments to spawn");
    }

    /* from here on nothing raises */
    lco_co_enlist(run, co);
    lua_pushthread(L);
    lua_xmove(L, co->L, 1);
    lx_setuservalue(co->L, 1); /* keeps the parent's record alive */
    lco_trace_create(run, co, me);

    lua_pushvalue(L, 1);
    lua_xmove(L, co->L, 1);
    lua_replace(L, 1); /* the thread: what spawn returns */
    lua_xmove(L, co->L, n - 1);

    run->uthreads++;
    lco_co_become(co, LCO_CO_RUNNING);
    co->parent = me;
    me->spawned = 1;
    lco_post_add(run, me);
    lco_trace_spawn(run, co, me);

    run->op = LCO_OP_SPAWN;
    run->cur = co;
    return lua_yield(L, 1);
}

void lco_run_on_abort(lua_State *L, lco_sched *s)
{
    lco_run *run;
    lco_co *me, *co;

    luaL_argcheck(L, lua_isfunction(L, 1) && !lua_iscfunction(L, 1), 1,
                  "Lua function expected");
    run = lco_sched_check(L, s);
    me = self(L, run);
    assert(!run->aborts);
    co = lco_co_take(L, run, LCO_KIND_THREAD);
    if (!lua_checkstack(co->L, 2)) {
        lco_co_give_back(run, co);
        luaL_error(L, "no memory");
    }

    /* from here on nothing raises */
    lco_co_enlist(run, co);
    lua_pushthread(L);
    lua_xmove(L, co->L, 1);
    lx_setuservalue(co->L, 1); /* keeps the parent's record alive */
    lco_trace_create(run, co, me);
    lua_pushvalue(L, 1);
    lua_xmove(L, co->L, 1);
    co->parent = me;
    run->on_abort = co;
    run->aborts = 1;
}

/* Moves a zombie's results to L and lets it go. */
static int take_results(lua_State *L, lco_run *run, lco_co *co)
{
    int n = co->nres;

    luaL_checkstack(L, n + 1, "too many results to wait");
    lua_pushboolean(L, !co->failed);
    lua_xmove(co->L, L, n);
    lco_co_delete(run, co);
    run->uthreads--;
    return n + 1;
}

static int uthread_wait(lua_State *L)
{
    lco_run *run = lco_sched_check(L, my_sched(L));
    lco_co *me = self(L, run);
    lco_co *co;
    lua_State *thread;
    int i, n = lua_gettop(L);

    if (n == 0) {
        return luaL_error(L, "at least one coroutine should be specified");
    }

    /* 0 is the number of no call */
    if (++me->wait_gen == 0) {
        me->wait_gen = 1;
    }

    for (i = 1; i <= n; i++) {
        thread = lua_tothread(L, i);
        luaL_argcheck(L, thread != NULL, i, "lua thread expected");
        co = lco_co_in(thread, run);
        if (co == NULL) {
            return luaL_error(L, "no co ctx found");
        }
        if (co->kind != LCO_KIND_THREAD) {
            return luaL_error(L, "attempt to wait on a coroutine that is "
                                 "not a user thread");
        }
        if (co->parent != me) {
            return luaL_error(L, "only the parent coroutine can wait on the "
                                 "thread");
        }

        switch (co->status) {
        case LCO_CO_ZOMBIE:
            return take_results(L, run, co);

        case LCO_CO_DEAD:
            /* counts only as the last one, even beside living threads: the
             * reference's rule */
            if (i < n) {
                break;
            }
            lua_pushnil(L);
            lua_pushliteral(L, "already waited or killed");
            return 2;

        case LCO_CO_RUNNING:
        case LCO_CO_SUSPENDED:
        case LCO_CO_NORMAL:
            co->waited_gen = me->wait_gen;
            break;
        }
    }

    lco_sched_need_yield(L);
    me->waiting = 1;
    run->op = LCO_OP_WAIT;
    return lua_yield(L, 0);
}

/* Has CO resumed, at whatever depth, the coroutine ME? */
static int has_resumed(const lco_co *co, const lco_co *me)
{
    for (co = co->child; co != NULL; co = co->child) {
        if (co == me) {
            return 1;
        }
    }
    return 0;
}

/* Does CO, or a coroutine that it has resumed, wait for what a kill may not
 * end? */
static int is_held(const lco_co *co)
{
    while (co != NULL && !co->held) {
        co = co->child;
    }
    return co != NULL;
}

/* Ends a living thread together with the user coroutines it has resumed: a
 * wait that one of them is in must not come back (lua-nginx-module issue
 * 2514: lua-resty-http reads inside a coroutine). */
static void end_thread(lco_run *run, lco_co *co)
{
    lco_co *c, *child;

    for (c = co; c != NULL; c = child) {
        child = c->child;
        c->child = NULL;
        lco_co_cancel(run, c);
        lco_co_awake(run, c);
        lco_post_forget(run, c);
        if (c != co) {
            lco_co_become(c, LCO_CO_DEAD);
            c->parent = NULL;
        }
    }
    lco_co_delete(run, co);
    run->uthreads--;
}

static int uthread_kill(lua_State *L)
{
    lco_run *run = lco_sched_check(L, my_sched(L));
    lco_co *me = self(L, run);
    lua_State *thread = lua_tothread(L, 1);
    lco_co *co;
    const char *why;

    luaL_argcheck(L, thread != NULL, 1, "lua thread expected");
    co = lco_co_in(thread, run);
    if (co == NULL) {
        return luaL_error(L, "no co ctx found");
    }

    if (co->kind != LCO_KIND_THREAD) {
        why = "not user thread";
    }
    else if (co->parent != me) {
        why = "killer not parent";
    }
    else if (is_held(co)) {
        why = "pending subrequests";
    }
    else if (co->status == LCO_CO_ZOMBIE) {
        lco_co_delete(run, co);
        run->uthreads--;
        why = "already terminated";
    }
    else if (co->status == LCO_CO_DEAD) {
        why = "already waited or killed";
    }
    else if (has_resumed(co, me)) {
        /* the thread's end would take the ground from under its killer */
        why = "killer resumed by the thread";
    }
    else {
        end_thread(run, co);
        lua_pushinteger(L, 1);
        return 1;
    }

    lua_pushnil(L);
    lua_pushstring(L, why);
    return 2;
}

static const luaL_Reg uthread_funcs[] = {
    {"spawn", uthread_spawn},
    {"wait", uthread_wait},
    {"kill", uthread_kill},
    {NULL, NULL},
};

void lco_uthread_open(lco_sched *s, lua_State *L)
{
    luaL_newlibtable(L, uthread_funcs);
    lua_pushlightuserdata(L, s);
    luaL_setfuncs(L, uthread_funcs, 1);
    lua_setfield(L, -2, "thread");
}

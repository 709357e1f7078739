/* The scheduler of one VM: its state, and the checks that open every function
 * it gives to Lua.
 */
#include "sched/sched.h"

#include <stdlib.h>

static int protected_open(lua_State *L)
{
    lco_co_open(L);
    lco_run_open(L);
    return 0;
}

lco_sched *lco_sched_create(lua_State *L, unsigned cache_max)
{
    lco_sched *s = calloc(1, sizeof(*s));

    if (s == NULL) {
        return NULL;
    }
    s->L = L;
    s->next_id = 1;
    s->cache_max = cache_max;

    /* Lua leaves the main thread's slot as malloc gave it, and each new thread
     * copies it */
    *lx_slot(L) = NULL;
    if (!lua_checkstack(L, LUA_MINSTACK)) {
        goto failed;
    }
    lua_pushcfunction(L, protected_open);
    if (lua_pcall(L, 0, 0, 0) != LUA_OK) {
        lua_pop(L, 1);
        goto failed;
    }
    return s;

failed:
    free(s);
    return NULL;
}

void lco_sched_destroy(lco_sched *s)
{
    free(s);
}

void lco_sched_open(lco_sched *s, lua_State *L)
{
    lco_coro_open(s, L);
    lco_uthread_open(s, L);
}

void lco_sched_set_phase(lco_sched *s,
                         const char *(*fn)(void *data, int coroutines),
                         void *data)
{
    s->phase = fn;
    s->phase_data = data;
}

lco_run *lco_sched_current(lco_sched *s)
{
    return s->cur;
}

lua_State *lco_sched_main(lco_sched *s)
{
    return s->L;
}

unsigned lco_sched_anchored(const lco_sched *s)
{
    return s->anchored;
}

unsigned lco_sched_cached(const lco_sched *s)
{
    return s->cached;
}

lco_run *lco_sched_check_first(lua_State *L, lco_sched *s)
{
    lco_run *run = s->cur;
    const char *name;

    if (run == NULL) {
        lco_sched_refuse(L, s, 0);
        return NULL;
    }
    name = run->host->not_yieldable(run);
    if (name != NULL) {
        luaL_error(L, "API disabled in the context of %s", name);
    }
    run->may_yield = 1;
    return run;
}

int lco_sched_refuse(lua_State *L, lco_sched *s, int coroutines)
{
    const char *name = NULL;

    if (s->phase != NULL) {
        name = s->phase(s->phase_data, coroutines);
    }
    if (name != NULL) {
        return luaL_error(L, "API disabled in the context of %s", name);
    }
    return luaL_error(L, "no request found");
}

void lco_sched_need_yield(lua_State *L)
{
    if (!lua_isyieldable(L)) {
        luaL_error(L, "attempt to yield across a C-call boundary");
    }
}

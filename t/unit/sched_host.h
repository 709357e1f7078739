/* A host for the scheduler's unit tests: a request whose waits are ended by
 * the test, and a transcript of everything that happened.
 *
 * Lua finds: say(...) writes to the transcript; sleep(name) waits until the
 * test wakes it, returning name, or, with a second argument, its continuation
 * returns that; exit(code), exec(), jump(); ask("now"|"later") asks for a
 * service that is done at once or must wait (woken as "later"); hold() pends
 * without yielding; pending() counts the operations; gc() collects;
 * on_abort(fn) is woken as "gone".
 */
#ifndef SCHED_HOST_H
#define SCHED_HOST_H

#include <assert.h>
#include <stdarg.h>
#include <lualib.h>

#include "lx/lx.h"
#include "sched/run.h"

#include "tap.h"

#define MAX_WAITS 256

typedef struct wait_op {
    lco_co *co;
    char name[24];
} wait_op;

typedef struct host {
    lua_State *L;
    lco_sched *sched;
    lco_run run;
    unsigned trace_next;
    wait_op waits[MAX_WAITS]; /* armed in this order; co NULL: free */
    int nwaits;
    const char *service;
    const char *disabled; /* phase without yields */
    int sent;             /* headers */
    int full_log;
    char *text; /* transcript */
    size_t len, cap;
} host;

static void note(host *h, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void note(host *h, const char *fmt, ...)
{
    va_list ap;
    int n;

    for (;;) {
        va_start(ap, fmt);
        n = vsnprintf(h->text + h->len, h->cap - h->len, fmt, ap);
        va_end(ap);
        if (h->len + (size_t) n + 2 <= h->cap) {
            break;
        }
        h->cap = h->cap * 2 + (size_t) n + 2;
        h->text = realloc(h->text, h->cap);
        assert(h->text != NULL);
    }
    h->len += (size_t) n;
    h->text[h->len++] = '\n';
    h->text[h->len] = '\0';
}

/* ---- the host's functions ---- */

static host *host_of(lco_run *run)
{
    return run->data;
}

static void host_log(lco_run *run, int level, const char *msg)
{
    host *h = host_of(run);

    note(h, "log %d: %.*s", level,
         h->full_log ? (int) strlen(msg) : (int) strcspn(msg, "\n"), msg);
}

static void host_trace(lco_run *run, const char *line)
{
    note(host_of(run), "%s", line);
}

static int host_headers_sent(lco_run *run)
{
    return host_of(run)->sent;
}

static const char *host_not_yieldable(lco_run *run)
{
    return host_of(run)->disabled;
}

static const lco_host host_funcs = {host_log, host_trace, host_headers_sent,
                                    host_not_yieldable};

/* ---- functions for Lua ---- */

static host *my_host(lua_State *L)
{
    return lua_touserdata(L, lua_upvalueindex(1));
}

static void cancelled(lco_co *co, void *data)
{
    wait_op *w = data;

    assert(w->co == co);
    w->co = NULL;
    w->name[0] = '\0';
}

static lco_run *current(lua_State *L, host *h)
{
    lco_run *run = lco_sched_current(h->sched);

    if (run == NULL) {
        luaL_error(L, "no request found");
    }
    return run;
}

static void arm(host *h, lco_run *run, lco_co *co, const char *name)
{
    wait_op *w;
    int i;

    for (i = 0; i < h->nwaits && h->waits[i].co != NULL; i++) {
    }
    assert(i < MAX_WAITS);
    if (i == h->nwaits) {
        h->nwaits++;
    }
    w = &h->waits[i];
    w->co = co;
    snprintf(w->name, sizeof(w->name), "%s", name);
    lco_co_pend(run, co, cancelled, w);
}

static int slept(lua_State *L, int status, lua_KContext ctx)
{
    (void) status;
    (void) ctx;
    lua_settop(L, 2);
    return 1;
}

static int l_sleep(lua_State *L)
{
    host *h = my_host(L);
    const char *name = luaL_checkstring(L, 1);
    int k = lua_gettop(L) > 1;
    lco_run *run = current(L, h);
    lco_co *co = lco_co_check(L, run);

    arm(h, run, co, name);
    return k ? lco_run_yieldk(L, 0, slept) : lco_run_yield(L);
}

static int l_hold(lua_State *L)
{
    host *h = my_host(L);
    lco_run *run = current(L, h);

    arm(h, run, lco_co_check(L, run), "hold");
    return 0;
}

static int l_pending(lua_State *L)
{
    host *h = my_host(L);
    int i, n = 0;

    for (i = 0; i < h->nwaits; i++) {
        n += h->waits[i].co != NULL;
    }
    lua_pushinteger(L, n);
    return 1;
}

static int l_say(lua_State *L)
{
    int i, n = lua_gettop(L);

    lua_pushliteral(L, "say");
    for (i = 1; i <= n; i++) {
        lua_pushliteral(L, " ");
        if (lua_type(L, i) == LUA_TTHREAD || lua_type(L, i) == LUA_TTABLE) {
            lua_pushstring(L, luaL_typename(L, i));
        }
        else {
            luaL_tolstring(L, i, NULL);
        }
        lua_concat(L, 3);
    }
    note(my_host(L), "%s", lua_tostring(L, -1));
    return 0;
}

static int l_exit(lua_State *L)
{
    lco_run *run = current(L, my_host(L));

    return lco_run_exit(L, run, LCO_WHY_EXIT, (int) luaL_optinteger(L, 1, 0));
}

static int l_exec(lua_State *L)
{
    return lco_run_exit(L, current(L, my_host(L)), LCO_WHY_EXEC, 0);
}

static int l_jump(lua_State *L)
{
    return lco_run_exit(L, current(L, my_host(L)), LCO_WHY_JUMP, 0);
}

static int l_ask(lua_State *L)
{
    host *h = my_host(L);
    const char *what = luaL_checkstring(L, 1);
    lco_run *run = current(L, h);

    lco_co_check(L, run);
    h->service = strcmp(what, "later") == 0 ? "later" : "now";
    return lua_gettop(L) > 1 ? lco_run_askk(L, run, 7, 0, slept)
                             : lco_run_ask(L, run, 7);
}

static int l_on_abort(lua_State *L)
{
    host *h = my_host(L);

    if (current(L, h)->aborts) {
        lua_pushliteral(L, "duplicate call");
        return 1;
    }
    lco_run_on_abort(L, h->sched);
    return 0;
}

static int l_gc(lua_State *L)
{
    lua_gc(L, LUA_GCCOLLECT, 0);
    lua_gc(L, LUA_GCCOLLECT, 0);
    return 0;
}

/* yields as a C module that knows nothing of the scheduler would */
static int l_foreign(lua_State *L)
{
    return lua_yield(L, lua_gettop(L));
}

static const luaL_Reg host_lua[] = {
    {"say", l_say},
    {"sleep", l_sleep},
    {"exit", l_exit},
    {"exec", l_exec},
    {"jump", l_jump},
    {"ask", l_ask},
    {"hold", l_hold},
    {"pending", l_pending},
    {"gc", l_gc},
    {"foreign_yield", l_foreign},
    {"on_abort", l_on_abort},
    {NULL, NULL},
};

/* ---- driving ---- */

/* In a protected call: the state of a VM.  Argument: the host. */
static int host_open(lua_State *L)
{
    host *h = lua_touserdata(L, 1);

    luaL_openlibs(L);
    lua_pushglobaltable(L);
    lua_pushlightuserdata(L, h);
    luaL_setfuncs(L, host_lua, 1);
    lua_newtable(L);
    lco_sched_open(h->sched, L);
    lua_setfield(L, -2, "ngx");
    return 0;
}

/* In a protected call: pushes the function for SOURCE. */
static int host_compile(lua_State *L)
{
    const char *source = lua_touserdata(L, 1);

    if (lx_load_factory(L, source, strlen(source), "=t") != LUA_OK) {
        return lua_error(L);
    }
    lua_pushglobaltable(L);
    lua_call(L, 1, 1);
    return 1;
}

static int host_service(host *h, int rc)
{
    lco_run *run = &h->run;

    while (rc == LCO_SERVICE) {
        assert(run->service == 7);
        note(h, "service %s", h->service);
        if (strcmp(h->service, "now") == 0) {
            rc = lco_run_continue(run, 0);
        }
        else {
            arm(h, run, run->cur, "later");
            rc = lco_run_wait(run);
        }
    }
    note(h, rc == LCO_AGAIN ? "= again" : "= %d", rc);
    return rc;
}

/* Starts a run of the function on the main thread's stack top. */
static int host_start(host *h)
{
    lco_run_init(&h->run, h->sched, &host_funcs, h);
    h->run.tracing = 1;
    h->run.trace_next = &h->trace_next;
    return host_service(h, lco_run_start(&h->run));
}

/* Wakes the oldest wait of that NAME; -100 if there is none. */
static int host_wake(host *h, const char *name)
{
    wait_op *w;
    lco_co *co;
    int i;

    if (strcmp(name, "gone") == 0) {
        if (h->run.ended || h->run.on_abort == NULL) {
            return -100;
        }
        note(h, "wake gone");
        return host_service(h, lco_run_client_gone(&h->run));
    }
    for (i = 0; i < h->nwaits; i++) {
        w = &h->waits[i];
        co = w->co;
        if (co != NULL && strcmp(w->name, name) == 0) {
            assert(lco_co_pending(co) == w);
            lco_co_unpend(&h->run, co);
            w->co = NULL;
            w->name[0] = '\0';
            note(h, "wake %s", name);
            lua_pushboolean(lco_co_state(co), 1);
            return host_service(h, lco_run_wake(&h->run, co, 1));
        }
    }
    return -100;
}

static int host_waits(const host *h)
{
    int i, n = 0;

    for (i = 0; i < h->nwaits; i++) {
        n += h->waits[i].co != NULL;
    }
    return n;
}

/* ---- whole cases ---- */

typedef struct sched_case {
    const char *name;
    const char *wakes; /* what is woken, in this order; "!abort" ends the run */
    const char *lua;
    const char *expect;
    int full_log;
} sched_case;

static void die(host *h, const char *what)
{
    printf("Bail out! %s: %s\n", what, lua_tostring(h->L, -1));
    exit(1);
}

static host *new_host(unsigned cache_max, lua_Alloc alloc, void *ud)
{
    host *h = calloc(1, sizeof(*h));

    assert(h != NULL);
    h->text = calloc(1, h->cap = 4096);
    h->trace_next = 1;
    h->L = alloc != NULL ? lua_newstate(alloc, ud) : luaL_newstate();
    assert(h->text != NULL && h->L != NULL);
    h->sched = lco_sched_create(h->L, cache_max);
    assert(h->sched != NULL);
    lua_pushcfunction(h->L, host_open);
    lua_pushlightuserdata(h->L, h);
    if (lua_pcall(h->L, 1, 0, 0) != LUA_OK) {
        die(h, "open");
    }
    return h;
}

static void free_host(host *h)
{
    lco_sched_destroy(h->sched);
    lua_close(h->L);
    free(h->text);
    free(h);
}

/* The compiled SOURCE on the main thread's stack. */
static void compile(host *h, const char *source)
{
    lua_pushcfunction(h->L, host_compile);
    lua_pushlightuserdata(h->L, (void *) source);
    if (lua_pcall(h->L, 1, 1, 0) != LUA_OK) {
        die(h, "compile");
    }
}

#endif

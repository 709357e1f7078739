/* The scheduler when memory runs out: every case of sched_cases.h is played
 * again and again, with the n-th allocation refused, for n from 1 until the
 * case passes undisturbed.  Once only that allocation fails (and its repetition
 * after Lua's emergency collection), once all from there on.
 *
 * Whatever fails, the run must end or wait in order, nothing may be left of
 * it, and the next run in the same VM must work.
 */
#include "sched/sched.h"

#include <stdlib.h>

#include "sched_host.h"

#include "sched_cases.h"

#define NCASES ((int) (sizeof(cases) / sizeof(cases[0])))

typedef struct memory {
    int armed, for_good;
    long count, fail_at;
} memory;

static void *limited(void *ud, void *p, size_t old, size_t size)
{
    memory *m = ud;

    if (size == 0) {
        free(p);
        return NULL;
    }
    if (m->armed && (p == NULL || size > old)) {
        m->count++;
        if (m->count == m->fail_at || m->count == m->fail_at + 1 ||
            (m->for_good && m->count > m->fail_at)) {
            return NULL;
        }
    }
    return realloc(p, size);
}

static const char *broken; /* what check_order() found */

static void expect(int good, const char *what)
{
    if (!good && broken == NULL) {
        broken = what;
    }
}

/* Do the scheduler's lists and counts agree with one another? */
static void check_order(host *h)
{
    lco_run *run = &h->run;
    lco_co *co;
    unsigned n = 0;
    int pending = 0, threads = 0, unstarted = 0;

    for (co = run->threads; co != NULL; co = co->thr_next) {
        threads++;
        unstarted += co == run->on_abort && co->status == LCO_CO_SUSPENDED;
        expect(co->anchored, "thread anchored");
        expect(co->status != LCO_CO_DEAD, "no dead thread listed");
        expect(co->thr_next == NULL || co->thr_next->thr_prev == co,
               "thread links");
        expect(lco_co_of(co->L) == co, "thread's slot");
    }
    expect(threads == run->uthreads + unstarted, "uthreads");
    expect(h->sched->anchored == (unsigned) threads + (run->entry != NULL),
           "anchored");
    for (co = run->pending; co != NULL; co = co->pend_next) {
        pending++;
        expect(co->cancel != NULL, "pending has a cancel function");
        expect(co->status == LCO_CO_RUNNING, "pending is alive");
        expect(co->run_id == run->id, "pending is ours");
    }
    expect(pending == host_waits(h), "pending is what the host waits for");
    expect(run->post_len == 0, "no posted thread waits");
    expect(run->op == LCO_OP_NONE, "no operation left");
    expect(h->sched->cur == NULL, "no run current");
    expect(lua_gettop(h->L) == 0, "main stack empty");
    for (co = h->sched->cache; co != NULL; co = co->thr_next) {
        n++;
        expect(lua_gettop(co->L) == 1 && lua_touserdata(co->L, 1) == co,
               "a cached coroutine holds its record alone");
    }
    for (co = run->spent; co != NULL; co = co->thr_next) {
        n++;
    }
    expect(n == h->sched->cached, "cached");
    if (run->ended) {
        expect(threads == 0 && pending == 0 && run->entry == NULL &&
                   run->spent == NULL,
               "an ended run holds nothing");
    }
}

/* The same as play(), looking at the order after each step. */
static void play_checked(host *h, const char *wakes)
{
    char word[24];
    int used;

    host_start(h);
    check_order(h);
    while (sscanf(wakes, "%23s%n", word, &used) == 1) {
        wakes += used;
        if (strcmp(word, "!abort") == 0) {
            note(h, "abort");
            lco_run_abort(&h->run);
        }
        else {
            host_wake(h, word);
        }
        check_order(h);
    }
    lco_run_abort(&h->run);
    check_order(h);
}

/* Counts the anchors, in a protected call.  Argument: the scheduler. */
static int count_anchors(lua_State *L)
{
    int n = 0;

    lua_pushnil(L);
    while (lua_next(L, LUA_REGISTRYINDEX)) {
        if (lua_type(L, -2) == LUA_TLIGHTUSERDATA && lua_istable(L, -1)) {
            lua_pushnil(L);
            while (lua_next(L, -2)) {
                n += lua_type(L, -2) == LUA_TLIGHTUSERDATA &&
                     lua_type(L, -1) == LUA_TTHREAD;
                lua_pop(L, 1);
            }
        }
        lua_pop(L, 1);
    }
    lua_pushinteger(L, n);
    return 1;
}

static void check_anchors(host *h)
{
    lua_pushcfunction(h->L, count_anchors);
    expect(lua_pcall(h->L, 0, 1, 0) == LUA_OK, "count anchors");
    expect((unsigned) lua_tointeger(h->L, -1) == h->sched->cached,
           "anchors are the cached coroutines");
    lua_pop(h->L, 1);
}

/* A run that needs the VM in good order. */
static void check_next_run(host *h)
{
    static const char lua[] =
        "local t = ngx.thread.spawn(function(a)"
        " return coroutine.wrap(function() coroutine.yield(a) end)() end, 1)\n"
        "say(sleep('s'), ngx.thread.wait(t))";

    h->len = 0;
    h->trace_next = 1;
    compile(h, lua);
    host_start(h);
    host_wake(h, "s");
    expect(strcmp(h->text, "create 2 in 1\n"
                           "post thread 1\n"
                           "spawn user thread 2 in 1\n"
                           "create 3 in 2\n"
                           "resume 3 in 2\n"
                           "yield 3 in 2\n"
                           "terminate 2: ok\n"
                           "run posted thread 1\n"
                           "= again\n"
                           "wake s\n"
                           "delete thread 2\n"
                           "say true true 1\n"
                           "terminate 1: ok\n"
                           "delete thread 1\n"
                           "= 0\n") == 0,
           "next run");
    check_order(h);
}

/* An entry thread that memory runs out for has its end in the trace. */
static void check_end(host *h)
{
    static const char end[] = "terminate 1: fail\n";
    const char *line =
        strstr(h->text, "log 3: lua entry thread aborted: memory");

    if (line != NULL) {
        expect(line - h->text >= (long) (sizeof(end) - 1) &&
                   strncmp(line - (sizeof(end) - 1), end, sizeof(end) - 1) == 0,
               "terminate line before the log line");
    }
}

/* Plays C with the N-th allocation refused.  Returns whether N was reached. */
static int disturbed(const sched_case *c, long n, int for_good)
{
    memory m = {0, for_good, 0, n};
    host *h = new_host(3, limited, &m);
    int reached;

    h->full_log = c->full_log;

    compile(h, c->lua);
    m.armed = 1;
    play_checked(h, c->wakes);
    m.armed = 0;
    reached = m.count >= n;
    if (!reached) {
        /* what abort adds comes after it */
        expect(strncmp(h->text, c->expect, strlen(c->expect)) == 0,
               "undisturbed transcript");
    }
    check_end(h);
    l_gc(h->L);
    check_anchors(h);
    check_next_run(h);
    if (broken != NULL) {
        printf("# allocation %ld%s: %s\n# %s\n", n, for_good ? " and on" : "",
               broken, h->text);
    }
    free_host(h);
    return reached && broken == NULL;
}

/* An argument, the number of a case, plays that one only. */
int main(int argc, char **argv)
{
    char name[200];
    int i, for_good;
    long n;

    for (i = 0; i < NCASES; i++) {
        if (argc > 1 && i != atoi(argv[1])) {
            continue;
        }
        if (strstr(cases[i].lua, "big") != NULL) {
            continue; /* about stack sizes: takes megabytes */
        }
        for (for_good = 0; for_good < 2; for_good++) {
            broken = NULL;
            for (n = 1; disturbed(&cases[i], n, for_good); n++) {
            }
            snprintf(name, sizeof(name), "%s: %ld allocations refused%s",
                     cases[i].name, n - 1, for_good ? " for good" : "");
            tap_ok(broken == NULL, name);
        }
    }
    return tap_done();
}

/* The scheduler without httpd: whole transcripts of what happens, line by
 * line, in the order in which lua-nginx-module has it.  The cases stand in
 * sched_cases.h.  `test_sched -p N` prints the transcript of case N,
 * `test_sched -l N` its Lua.
 */
#include "sched_host.h"

#include "sched_cases.h"

#define NCASES ((int) (sizeof(cases) / sizeof(cases[0])))

/* Runs SOURCE and wakes what WAKES says, one word after the other. */
static void play(host *h, const char *source, const char *wakes)
{
    char word[24];
    int used;

    compile(h, source);
    host_start(h);
    while (sscanf(wakes, "%23s%n", word, &used) == 1) {
        wakes += used;
        if (strcmp(word, "!abort") == 0) {
            note(h, "abort");
            lco_run_abort(&h->run);
        }
        else if (host_wake(h, word) == -100) {
            note(h, "nobody sleeps %s", word);
        }
    }
}

static void check_ended(host *h, const char *name)
{
    char what[200];

    snprintf(what, sizeof(what), "%s: nothing is left", name);
    tap_ok(h->run.ended && lco_sched_anchored(h->sched) == 0 &&
               h->run.pending == NULL && h->run.threads == NULL &&
               h->run.cur == NULL && host_waits(h) == 0 &&
               lua_gettop(h->L) == 0,
           what);
}

static void run_case(const sched_case *c)
{
    host *h = new_host(8, NULL, NULL);

    h->full_log = c->full_log;
    play(h, c->lua, c->wakes);
    tap_is(h->text, c->expect, c->name);
    lco_run_abort(&h->run);
    check_ended(h, c->name);
    free_host(h);
}

/* ---- what a single transcript does not show ---- */

/* Forgets the transcript so far. */
static void clear(host *h)
{
    h->len = 0;
    h->text[0] = '\0';
}

/* Plays SOURCE on H and compares. */
static void play_is(host *h, const char *source, const char *wakes,
                    const char *want, const char *name)
{
    clear(h);
    play(h, source, wakes);
    tap_is(h->text, want, name);
}

static void test_untraced(void)
{
    host *h = new_host(8, NULL, NULL);

    compile(h, "ngx.thread.wait(ngx.thread.spawn(function() sleep('a') end)) "
               "coroutine.wrap(function() coroutine.yield() end)() say('x')");
    lco_run_init(&h->run, h->sched, &host_funcs, h);
    h->run.trace_next = &h->trace_next;
    host_service(h, lco_run_start(&h->run));
    host_wake(h, "a");
    tap_is(h->text, "= again\nwake a\nsay x\n= 0\n", "untraced: no lines");
    tap_ok(h->trace_next == 1, "untraced: no numbers");
    free_host(h);
}

/* No call of C is nested for it: deeper than Lua's own coroutines may be. */
static void test_deep(void)
{
    host *h = new_host(8, NULL, NULL);

    compile(h, "local function nest(n) if n == 0 then return sleep('a') end "
               "return coroutine.resume(coroutine.create(nest), n - 1) end "
               "say(select('#', nest(1000)))");
    lco_run_init(&h->run, h->sched, &host_funcs, h);
    host_service(h, lco_run_start(&h->run));
    host_wake(h, "a");
    tap_is(h->text, "= again\nwake a\nsay 1001\n= 0\n",
           "a thousand coroutines deep");
    free_host(h);
}

/* Numbers go on from one run to the next, as from a request to its
 * subrequest or the next phase. */
static void test_numbers_go_on(void)
{
    host *h = new_host(8, NULL, NULL);

    play(h, "ngx.thread.spawn(function() end)", "");
    play_is(h, "ngx.thread.spawn(function() end)", "",
            "create 4 in 3\n"
            "post thread 3\n"
            "spawn user thread 4 in 3\n"
            "terminate 4: ok\n"
            "run posted thread 3\n"
            "terminate 3: ok\n"
            "delete thread 4\n"
            "delete thread 3\n"
            "= 0\n",
            "numbers go on in the next run");
    free_host(h);
}

static void test_headers_sent(void)
{
    host *h = new_host(8, NULL, NULL);

    h->sent = 1;
    play_is(h, "error('late')", "",
            "terminate 1: fail\n"
            "log 3: lua entry thread aborted: runtime error: t:1: late\n"
            "delete thread 1\n"
            "= -1\n",
            "an error after the headers were sent is no 500");
    free_host(h);
}

static const char *phase_name(void *data, int coroutines)
{
    const char *const *names = data;

    return names[coroutines];
}

static void test_phases(void)
{
    static const char tries[] =
        "say(pcall(coroutine.create, function() end))\n"
        "say(pcall(ngx.thread.spawn, function() end))\n"
        "say(pcall(ngx.thread.wait, coroutine.running()))\n"
        "say(pcall(ngx.thread.kill, coroutine.running()))\n"
        "say(pcall(coroutine.yield))\n";
    static const char disabled[] = "API disabled in the context of LuaCoLog";
    const char *log[2] = {"LuaCoLog", "LuaCoLog"};
    const char *filter[2] = {"LuaCoBodyFilter", NULL};
    host *h = new_host(8, NULL, NULL);
    char want[600];

    /* a run in a phase that may not yield */
    h->disabled = "LuaCoLog";
    snprintf(want, sizeof(want),
             "say false %s\nsay false %s\nsay false %s\nsay false %s\n"
             "say false %s\nterminate 1: ok\ndelete thread 1\n= 0\n",
             disabled, disabled, disabled, disabled, disabled);
    play_is(h, tries, "", want, "a phase that may not yield");

    /* no run: Lua's own coroutines, no threads */
    clear(h);
    compile(h, tries);
    lua_pcall(h->L, 0, 0, 0);
    tap_is(h->text,
           "say true thread\n"
           "say false no request found\n"
           "say false no request found\n"
           "say false no request found\n"
           "say false attempt to yield from outside a coroutine\n",
           "no run");

    /* the same, in a phase with a name */
    lco_sched_set_phase(h->sched, phase_name, log);
    clear(h);
    compile(h, tries);
    lua_pcall(h->L, 0, 0, 0);
    snprintf(want, sizeof(want),
             "say false %s\nsay false %s\nsay false %s\nsay false %s\n"
             "say false %s\n",
             disabled, disabled, disabled, disabled, disabled);
    tap_is(h->text, want, "no run, LuaCoLog");

    lco_sched_set_phase(h->sched, phase_name, filter);
    clear(h);
    compile(h, "local co = coroutine.create(function(a) "
               "local b = coroutine.yield(a) return b end)\n"
               "say(coroutine.resume(co, 1))\n"
               "say(coroutine.status(co))\n"
               "say(coroutine.resume(co, 2))\n"
               "say(coroutine.wrap(function() return 3 end)())\n"
               "say(pcall(ngx.thread.spawn, function() end))\n");
    lua_pcall(h->L, 0, 0, 0);
    tap_is(h->text,
           "say true 1\n"
           "say suspended\n"
           "say true 2\n"
           "say 3\n"
           "say false API disabled in the context of LuaCoBodyFilter\n",
           "no run, a filter");
    free_host(h);
}

/* Coroutines that outlive their run, kept in globals. */
static void test_old_coroutines(void)
{
    host *h = new_host(8, NULL, NULL);
    static const char tries[] =
        "say(coroutine.status(co), coroutine.status(t), "
        "coroutine.status(main), coroutine.status(w_co))\n"
        "say(pcall(coroutine.resume, co))\n"
        "say(pcall(coroutine.resume, main))\n"
        "say(pcall(ngx.thread.wait, t))\n"
        "say(pcall(ngx.thread.kill, t))\n"
        "say(pcall(w))\n";

    play_is(h,
            "main = coroutine.running()\n"
            "co = coroutine.create(function() coroutine.yield() end)\n"
            "coroutine.resume(co)\n"
            "w = coroutine.wrap(function() w_co = coroutine.running() "
            "coroutine.yield() end) w()\n"
            "t = ngx.thread.spawn(function() end)\n"
            "ngx.thread.wait(t)\n",
            "",
            "create 2 in 1\nresume 2 in 1\nyield 2 in 1\n"
            "create 3 in 1\nresume 3 in 1\nyield 3 in 1\n"
            "create 4 in 1\npost thread 1\nspawn user thread 4 in 1\n"
            "terminate 4: ok\nrun posted thread 1\ndelete thread 4\n"
            "terminate 1: ok\ndelete thread 1\n= 0\n",
            "a run that leaves coroutines in globals");

    clear(h);
    compile(h, tries);
    lua_pcall(h->L, 0, 0, 0);
    tap_is(h->text,
           "say dead dead dead dead\n"
           "say true false cannot resume dead coroutine\n"
           "say true false cannot resume dead coroutine\n"
           "say false no request found\n"
           "say false no request found\n"
           "say false no request found\n",
           "their use without a run");

    /* MAIN and T may be reused in this one: T first, as it went first */
    play_is(h, tries, "",
            "say dead running dead dead\n"
            "say false no co ctx found\n"
            "say false no co ctx found\n"
            "say false attempt to wait on a coroutine that is not a user "
            "thread\n"
            "say true nil not user thread\n"
            "say false no co ctx found\n"
            "terminate 5: ok\ndelete thread 5\n= 0\n",
            "their use in another run");

    /* W's record has failed, in a run that used the same entry thread */
    clear(h);
    play(h, "w = coroutine.wrap(function() error('x') end) pcall(w)", "");
    play_is(h, "w()", "",
            "terminate 8: fail\n"
            "log 3: lua entry thread aborted: runtime error: t:1: "
            "no co ctx found\n"
            "delete thread 8\n= 500\n",
            "an old function of coroutine.wrap");
    free_host(h);
}

/* Two runs at a time in one VM. */
static void test_two_runs(void)
{
    static const char lua[] =
        "local n = ...\n"
        "local t = ngx.thread.spawn(function() sleep('t') say('t') end)\n"
        "x = x or coroutine.create(function() end)\n"
        "say(pcall(coroutine.resume, x))\n"
        "sleep('e') say(ngx.thread.wait(t))";
    host *h = new_host(8, NULL, NULL);
    lco_run *other = calloc(1, sizeof(*other));
    lco_co *co[4];
    int i, rc;

    assert(other != NULL);
    compile(h, lua);
    host_start(h);
    tap_ok(lco_sched_current(h->sched) == NULL, "none is current at rest");

    lco_run_init(other, h->sched, &host_funcs, h);
    other->tracing = 1;
    other->trace_next = &h->trace_next;
    compile(h, lua);
    note(h, "other");
    host_service(h, lco_run_start(other));

    for (i = 0; i < 4; i++) {
        co[i] = h->waits[i].co;
        lco_co_unpend(i < 2 ? &h->run : other, co[i]);
        h->waits[i].co = NULL;
    }
    note(h, "wake others");
    rc = lco_run_wake(other, co[2], 0);
    note(h, "= %d", rc);
    note(h, "wake");
    rc = lco_run_wake(&h->run, co[0], 0);
    note(h, "= %d", rc);
    rc = lco_run_wake(&h->run, co[1], 0);
    note(h, "= %d", rc);
    note(h, "abort other");
    lco_run_abort(other);
    lco_run_abort(other);
    tap_is(h->text,
           "create 2 in 1\npost thread 1\nspawn user thread 2 in 1\n"
           "run posted thread 1\n"
           "create 3 in 1\nresume 3 in 1\nterminate 3: ok\nsay true true\n"
           "= again\n"
           "other\n"
           "create 5 in 4\npost thread 4\nspawn user thread 5 in 4\n"
           "run posted thread 4\nsay false no co ctx found\n= again\n"
           "wake others\nsay t\nterminate 5: ok\n= -2\n"
           "wake\nsay t\nterminate 2: ok\n= -2\n"
           "delete thread 2\nsay true\nterminate 1: ok\ndelete thread 1\n"
           "= 0\n"
           "abort other\ndelete thread 5\ndelete thread 4\n",
           "two runs keep apart");
    tap_ok(lco_sched_anchored(h->sched) == 0, "two runs leave nothing");
    free(other);
    free_host(h);
}

/* Two waits end before either coroutine is resumed. */
static void test_late_wake(void)
{
    host *h = new_host(8, NULL, NULL);
    lco_co *a, *b;

    compile(h, "ngx.thread.spawn(function() sleep('a') end)\n"
               "ngx.thread.spawn(function() sleep('b') say('b') end)");
    host_start(h);
    a = h->waits[0].co;
    b = h->waits[1].co;
    lco_co_unpend(&h->run, a);
    lco_co_unpend(&h->run, b);
    h->waits[0].co = h->waits[1].co = NULL;
    tap_ok(lco_co_pending(a) == NULL, "nothing pending after unpend");
    clear(h);
    tap_ok(lco_run_wake(&h->run, a, 0) == LCO_AGAIN,
           "a coroutine whose operation is over is waited for");
    tap_ok(lco_run_wake(&h->run, b, 0) == LCO_OK, "and ends the run");
    tap_is(h->text,
           "terminate 2: ok\ndelete thread 2\n"
           "say b\nterminate 3: ok\ndelete thread 3\n",
           "two waits over at the same time");
    free_host(h);
}

static void test_abort(void)
{
    host *h = new_host(8, NULL, NULL);

    lco_run_init(&h->run, h->sched, &host_funcs, h);
    lco_run_abort(&h->run);
    tap_ok(h->run.ended, "abort before the start");

    compile(h, "sleep('a')");
    host_start(h);
    lco_run_abort(&h->run);
    tap_ok(h->run.why == LCO_WHY_ABORT && host_waits(h) == 0, "abort cancels");
    lco_run_abort(&h->run);

    compile(h, "exit(200)");
    host_start(h);
    lco_run_abort(&h->run);
    tap_ok(h->run.why == LCO_WHY_EXIT && h->run.exit_code == 200,
           "abort after the end changes nothing");
    free_host(h);
}

/* An operation that replaces another one cancels it. */
static void test_pend_twice(void)
{
    host *h = new_host(8, NULL, NULL);

    play_is(h, "hold() hold() say(pending()) sleep('a') say(pending())", "a",
            "say 1\n= again\nwake a\nsay 0\nterminate 1: ok\n"
            "delete thread 1\n= 0\n",
            "one pending operation at a time");
    free_host(h);
}

typedef struct counter {
    long n;
    size_t bytes;
} counter;

static void *counted(void *ud, void *p, size_t old, size_t size)
{
    counter *c = ud;

    c->bytes += size - (p != NULL ? old : 0);
    if (size == 0) {
        free(p);
        return NULL;
    }
    c->n += p == NULL || size > old;
    return realloc(p, size);
}

static void test_cache(void)
{
    counter c = {0, 0};
    host *h = new_host(2, counted, &c);
    long before;
    int i;

    play(h, "", "");
    tap_ok(lco_sched_cached(h->sched) == 1, "an entry thread is kept");
    compile(h, "");
    lua_gc(h->L, LUA_GCSTOP, 0);
    before = c.n;
    host_start(h);
    tap_ok(c.n == before, "starting one from the cache allocates nothing");
    lua_gc(h->L, LUA_GCRESTART, 0);

    play(h,
         "local t = {} for i = 1, 5 do "
         "t[i] = ngx.thread.spawn(function() return 'x' end) end",
         "");
    tap_ok(lco_sched_cached(h->sched) == 2, "no more than the cache holds");
    play(h, "error('x')", "");
    tap_ok(lco_sched_cached(h->sched) == 1, "one that failed is not kept");
    play(h, "exit(0)", "");
    tap_ok(lco_sched_cached(h->sched) == 0, "one left half-way is not kept");
    free_host(h);

    /* what a cached coroutine held is let go */
    memset(&c, 0, sizeof(c));
    h = new_host(100, counted, &c);
    for (i = 0; i < 50; i++) {
        play(h,
             "local s = ('x'):rep(100000)\n"
             "coroutine.wrap(function()\n"
             "  local u = s .. 'y'\n"
             "  local t = ngx.thread.spawn(function(a) sleep('a') return a "
             "end, u .. 'z')\n"
             "  ngx.thread.wait(t)\n"
             "  coroutine.yield(u)\n"
             "end)()\n"
             "gc()",
             "a");
    }
    l_gc(h->L);
    tap_ok(c.bytes < 200000, "cached coroutines hold no values");
    free_host(h);
}

/* Many runs leave nothing behind. */
static void test_leaks(void)
{
    static const char *const lua[] = {
        "ngx.thread.wait(ngx.thread.spawn(function() sleep('a') end))",
        "ngx.thread.spawn(function() sleep('b') end) sleep('a') exit(403)",
        "ngx.thread.spawn(function() coroutine.wrap(function() sleep('b') "
        "end)() end) sleep('a') error('x')",
        "local t = ngx.thread.spawn(function() sleep('b') end) sleep('a') "
        "ngx.thread.kill(t)",
        "coroutine.wrap(function() ngx.thread.spawn(function() end) "
        "coroutine.yield() end)() sleep('a')",
        "pcall(coroutine.wrap(function() sleep('a') error({}) end))",
    };
    counter c = {0, 0};
    host *h = new_host(4, counted, &c);
    size_t before = 0;
    int i;

    for (i = 0; i < 3000; i++) {
        if (i == 600) {
            l_gc(h->L);
            before = c.bytes;
        }
        clear(h);
        play(h, lua[(size_t) i % (sizeof(lua) / sizeof(lua[0]))], "a");
        lco_run_abort(&h->run);
    }
    l_gc(h->L);
    tap_ok(c.bytes <= before + 2000, "2400 runs leave no memory behind");
    tap_ok(lco_sched_anchored(h->sched) == 0 && host_waits(h) == 0 &&
               lco_sched_cached(h->sched) <= 4,
           "nor coroutines or operations");
    free_host(h);
}

int main(int argc, char **argv)
{
    host *h;
    int i;

    if (argc == 3) {
        i = atoi(argv[2]);
        if (i >= NCASES) {
            return 1;
        }
        if (argv[1][1] == 'l') {
            printf("%s\n%s\n", cases[i].wakes, cases[i].lua);
            return 0;
        }
        h = new_host(8, NULL, NULL);
        h->full_log = cases[i].full_log;
        play(h, cases[i].lua, cases[i].wakes);
        printf("%s", h->text);
        lco_run_abort(&h->run);
        free_host(h);
        return 0;
    }

    for (i = 0; i < NCASES; i++) {
        run_case(&cases[i]);
    }
    test_untraced();
    test_deep();
    test_numbers_go_on();
    test_headers_sent();
    test_phases();
    test_old_coroutines();
    test_two_runs();
    test_late_wake();
    test_abort();
    test_pend_twice();
    test_cache();
    test_leaks();
    return tap_done();
}

/* The log line of a coroutine that ended with an error: message, traceback of
 * it and of those it was resumed or spawned by, in the reference's layout.
 *
 * The hard thing is to have it when memory is what ran out: the text is built
 * in C's memory, from calls of Lua that allocate nothing.
 */
#include "sched/sched.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* the reference's NGX_HTTP_LUA_BT_DEPTH and ..._BT_MAX_COROS */
#define MAX_LEVELS 22
#define MAX_COROUTINES 5

typedef struct text {
    char *s;
    size_t len, cap;
    int failed;
} text;

/* Makes room for N more bytes and the end; 0 when out of memory. */
static int make_room(text *t, size_t n)
{
    size_t cap = t->cap > 0 ? t->cap : 1024;
    char *p;

    while (cap < t->len + n + 1) {
        cap *= 2;
    }
    if (cap == t->cap) {
        return 1;
    }
    p = realloc(t->s, cap);
    if (p == NULL) {
        t->failed = 1;
        return 0;
    }
    t->s = p;
    t->cap = cap;
    return 1;
}

static void add(text *t, const char *s)
{
    size_t n = strlen(s);

    if (!t->failed && make_room(t, n)) {
        memcpy(t->s + t->len, s, n + 1);
        t->len += n;
    }
}

static void add_int(text *t, const char *before, int i, const char *after)
{
    char buf[32];

    snprintf(buf, sizeof(buf), "%d", i);
    add(t, before);
    add(t, buf);
    add(t, after);
}

/* A handler's or block's code is compiled as a function (lx_load_factory) but
 * is a main chunk to whoever wrote it. */
static int is_chunk(const lco_co *co, const lua_Debug *ar, int level)
{
    lua_Debug outer;

    return co->kind == LCO_KIND_ENTRY && ar->linedefined == 1 && ar->isvararg &&
           ar->nparams == 0 && !lua_getstack(co->L, level + 1, &outer);
}

static void add_level(text *t, lco_co *co, lua_Debug *ar, int level)
{
    lua_getinfo(co->L, "Snlu", ar);
    add(t, "\n\t");
    add(t, ar->short_src);
    add(t, ":");
    if (ar->currentline > 0) {
        add_int(t, "", ar->currentline, ":");
    }

    if (*ar->namewhat != '\0') {
        add(t, " in function '");
        add(t, ar->name);
        add(t, "'");
    }
    else if (*ar->what == 'm' || is_chunk(co, ar, level)) {
        add(t, " in main chunk");
    }
    else if (*ar->what == 'C') {
        add(t, " ?");
    }
    else {
        add(t, " in function <");
        add(t, ar->short_src);
        add_int(t, ":", ar->linedefined, ">");
    }
}

static void add_coroutine(text *t, lco_co *co, int no)
{
    lua_Debug ar;
    int level;

    add_int(t, "\ncoroutine ", no, ":");
    for (level = 0; lua_getstack(co->L, level, &ar); level++) {
        if (level == MAX_LEVELS) {
            add(t, "\n\t...");
            break;
        }
        add_level(t, co, &ar, level);
    }
}

/* CO is dead, and so are those between it and the coroutine its error began
 * in, where functions made by coroutine.wrap handed the error on. */
static void add_traceback(text *t, lco_co *co)
{
    lco_co *c = co, *origin;
    int no, passed = 0;

    while ((origin = lco_coro_origin(c)) != NULL) {
        c = origin;
    }

    add(t, "\nstack traceback:");
    for (no = 0; no < MAX_COROUTINES; no++) {
        add_coroutine(t, c, no);
        passed = passed || c == co;
        c = c->parent;
        if (c == NULL || (passed && c->status == LCO_CO_DEAD)) {
            break;
        }
    }
}

void lco_log_error(lco_run *run, lco_co *co, int status)
{
    text t = {NULL, 0, 0, 0};
    char number[LX_NUMSIZE];
    const char *msg = "unknown reason";

    add(&t, co->kind == LCO_KIND_ENTRY ? "lua entry thread aborted: "
                                       : "lua user thread aborted: ");
    switch (status) {
    case LUA_ERRRUN:
        add(&t, "runtime error: ");
        break;
    case LUA_ERRSYNTAX:
        add(&t, "syntax error: ");
        break;
    case LUA_ERRMEM:
        add(&t, "memory allocation error: ");
        break;
    case LUA_ERRERR:
        add(&t, "error handler error: ");
        break;
    default:
        add(&t, "unknown error: ");
        break;
    }

    if (lua_type(co->L, -1) == LUA_TSTRING) {
        msg = lua_tostring(co->L, -1);
    }
    else if (lua_type(co->L, -1) == LUA_TNUMBER) {
        lx_num2str(co->L, -1, number);
        msg = number;
    }
    add(&t, msg);
    add_traceback(&t, co);

    run->host->log(run, LCO_LOG_ERR, t.failed ? msg : t.s);
    free(t.s);
}

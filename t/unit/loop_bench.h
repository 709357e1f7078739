/* A loop with a mutex for its VM and its thread, for the tests of loop/.
 *
 * What the loop does in the kernel is seen in two counters: the eventfd is
 * never read by the loop, so its value is the number of wakes written; and
 * before_poll counts the polls. */
#ifndef LCO_UNIT_LOOP_BENCH_H
#define LCO_UNIT_LOOP_BENCH_H

#include "loop/loop.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "loop/loop_priv.h"
#include "tap.h"

#define MAYBE __attribute__((unused)) static

/* Milliseconds of a machine that is not slowed down by a sanitizer or valgrind;
 * t/TEST.PL says by how much it is. */
#define MS (1000 * slow)
#define SEC ((lco_usec) 1000000)

static lco_usec slow = 1;

/* A loop with its VM lock and its thread. */
typedef struct bench {
    lco_loop *loop;
    pthread_mutex_t vm;
    pthread_t thread;
    int polls; /* under vm */
    int (*turn)(struct bench *);
    int turns_busy;
    long long wakes; /* as of the last look */
} bench;

static void before_poll(void *data)
{
    bench *b = data;

    b->polls++;
    pthread_mutex_unlock(&b->vm);
}

static void after_poll(void *data)
{
    bench *b = data;

    pthread_mutex_lock(&b->vm);
}

static int turn(void *data)
{
    bench *b = data;

    return b->turn != NULL ? b->turn(b) : 0;
}

MAYBE void setup(bench *b)
{
    lco_loop_hooks hooks = {before_poll, after_poll, turn, b};

    memset(b, 0, sizeof(*b));
    pthread_mutex_init(&b->vm, NULL);
    b->loop = lco_loop_create(&hooks);
    if (b->loop == NULL) {
        perror("lco_loop_create");
        exit(1);
    }
}

MAYBE void teardown(bench *b)
{
    lco_loop_destroy(b->loop);
    pthread_mutex_destroy(&b->vm);
}

static void *thread_main(void *data)
{
    bench *b = data;

    lco_loop_run(b->loop);
    return NULL;
}

MAYBE void start(bench *b)
{
    pthread_create(&b->thread, NULL, thread_main, b);
}

MAYBE void stop(bench *b)
{
    lco_loop_stop(b->loop);
    pthread_join(b->thread, NULL);
}

MAYBE void enter(bench *b)
{
    pthread_mutex_lock(&b->vm);
}

MAYBE void leave(bench *b)
{
    pthread_mutex_unlock(&b->vm);
}

/* Enters the VM at a moment when the loop waits in its poll. */
MAYBE void enter_while_polling(bench *b)
{
    for (;;) {
        enter(b);
        if (atomic_load(&b->loop->state) == LCO_LOOP_POLLING) {
            return;
        }
        leave(b);
        usleep(50);
    }
}

/* How many wakes were written since the last call.  Reading the eventfd would
 * take a wake away from the loop, so the kernel is asked. */
MAYBE long long wakes(bench *b)
{
    char line[64];
    unsigned long long n = 0;
    long long news;
    FILE *f;

    snprintf(line, sizeof(line), "/proc/self/fdinfo/%d", b->loop->wakefd);
    f = fopen(line, "r");
    if (f == NULL) {
        return -1;
    }
    while (fgets(line, sizeof(line), f) != NULL) {
        if (strncmp(line, "eventfd-count:", 14) == 0) {
            n = strtoull(line + 14, NULL, 16);
        }
    }
    fclose(f);
    news = (long long) n - b->wakes;
    b->wakes = (long long) n;
    return news;
}

/* What happened, one character each. */
static char seen[4096];
static size_t nseen;

MAYBE void note(char c)
{
    if (nseen < sizeof(seen) - 1) {
        seen[nseen++] = c;
        seen[nseen] = '\0';
    }
}

MAYBE void forget(void)
{
    nseen = 0;
    seen[0] = '\0';
}

MAYBE void is_seen(const char *want, const char *what)
{
    if (!ok(strcmp(seen, want) == 0, "%s", what)) {
        printf("#  got: %s\n# want: %s\n", seen, want);
    }
    forget();
}

/* ---- timers, and turns that are noted ---- */

typedef struct ttimer {
    lco_timer t;
    char name;
    lco_usec at; /* when it was called */
    void (*also)(lco_loop *loop, struct ttimer *tt);
} ttimer;

static void timer_fn(lco_loop *loop, lco_timer *t)
{
    ttimer *tt = t->data;

    note(tt->name);
    tt->at = lco_now();
    if (tt->also != NULL) {
        tt->also(loop, tt);
    }
}

MAYBE void tt_init(ttimer *tt, char name, void (*also)(lco_loop *, ttimer *))
{
    lco_timer_init(&tt->t, timer_fn, tt);
    tt->name = name;
    tt->at = 0;
    tt->also = also;
}

static void also_stop(lco_loop *loop, ttimer *tt)
{
    (void) tt;
    lco_loop_stop(loop);
}

/* Runs the loop on this thread until a timer that stops it. */
MAYBE void run_here(bench *b, lco_usec usec)
{
    ttimer end;

    tt_init(&end, '.', also_stop);
    lco_timer_start(b->loop, &end.t, usec);
    lco_loop_run(b->loop);
}

/* Lets due timers be due, so that one turn finds them all. */
MAYBE void pass(lco_usec usec)
{
    lco_usec end = lco_now() + usec;

    while (lco_now() < end) {
    }
}

MAYBE int note_turn(bench *b)
{
    (void) b;
    note('|');
    return 0;
}

/* Before all tests: how slow this machine is; a lost wake ends the test instead
 * of hanging it. */
MAYBE void begin(void)
{
    const char *given = getenv("LUACO_SLOW");

    if (given != NULL && atoi(given) > 0) {
        slow = atoi(given);
    }
    alarm(120);
}

#endif

/* loop/: timers, watches, mailbox and wakes, with a mutex for the VM.
 *
 * What the loop does in the kernel is seen in two counters: the eventfd is
 * never read by the loop, so its value is the number of wakes written; and
 * before_poll counts the polls. */
#include "loop/loop.h"

#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "loop/loop_priv.h"
#include "tap.h"

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

static void setup(bench *b)
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

static void teardown(bench *b)
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

static void start(bench *b)
{
    pthread_create(&b->thread, NULL, thread_main, b);
}

static void stop(bench *b)
{
    lco_loop_stop(b->loop);
    pthread_join(b->thread, NULL);
}

static void enter(bench *b)
{
    pthread_mutex_lock(&b->vm);
}

static void leave(bench *b)
{
    pthread_mutex_unlock(&b->vm);
}

/* Enters the VM at a moment when the loop waits in its poll. */
static void enter_while_polling(bench *b)
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
static long long wakes(bench *b)
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

static void note(char c)
{
    if (nseen < sizeof(seen) - 1) {
        seen[nseen++] = c;
        seen[nseen] = '\0';
    }
}

static void forget(void)
{
    nseen = 0;
    seen[0] = '\0';
}

static void is_seen(const char *want, const char *what)
{
    if (!ok(strcmp(seen, want) == 0, "%s", what)) {
        printf("#  got: %s\n# want: %s\n", seen, want);
    }
    forget();
}

/* ---- timers ---- */

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

static void tt_init(ttimer *tt, char name, void (*also)(lco_loop *, ttimer *))
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
static void run_here(bench *b, lco_usec usec)
{
    ttimer end;

    tt_init(&end, '.', also_stop);
    lco_timer_start(b->loop, &end.t, usec);
    lco_loop_run(b->loop);
}

static void test_timer_order(void)
{
    bench b;
    ttimer t[5];
    lco_usec began;

    setup(&b);
    for (int i = 0; i < 5; i++) {
        tt_init(&t[i], (char) ('a' + i), NULL);
    }
    began = lco_now();
    /* Far apart: each counts from when it is armed, and between two of these
     * lines the machine may do something else. */
    lco_timer_start(b.loop, &t[0].t, 90 * MS);
    lco_timer_start(b.loop, &t[1].t, 30 * MS);
    lco_timer_start(b.loop, &t[2].t, 60 * MS);
    lco_timer_start(b.loop, &t[3].t, 1 * MS);
    lco_timer_start(b.loop, &t[4].t, -5);
    is_int(lco_loop_timers(b.loop), 5, "five timers are counted");
    ok(lco_timer_armed(&t[3].t), "an armed timer says so");
    run_here(&b, 120 * MS);
    is_seen("edbca.", "timers fire by time, a negative one at once");
    ok(t[3].at - began >= 1 * MS && t[1].at - began >= 30 * MS &&
           t[2].at - began >= 60 * MS && t[0].at - began >= 90 * MS,
       "and none early");
    ok(!lco_timer_armed(&t[3].t), "a fired timer is not armed");
    is_int(lco_loop_timers(b.loop), 0, "none is counted any more");
    teardown(&b);
}

static void test_timer_ties(void)
{
    enum {
        N = 1000
    };
    static ttimer t[N];
    bench b;
    int order = 1;

    setup(&b);
    for (int i = 0; i < N; i++) {
        tt_init(&t[i], (char) ('a' + i % 26), NULL);
        lco_timer_start(b.loop, &t[i].t, 2 * MS);
    }
    run_here(&b, 30 * MS);
    for (int i = 0; i < N; i++) {
        order &= seen[i] == (char) ('a' + i % 26);
    }
    ok(order && nseen == N + 1,
       "a thousand equal timers fire in the order they were armed");
    forget();
    teardown(&b);
}

static ttimer other;

static void also_stop_other(lco_loop *loop, ttimer *tt)
{
    (void) tt;
    lco_timer_stop(loop, &other.t);
}

static void also_move_other(lco_loop *loop, ttimer *tt)
{
    (void) tt;
    lco_timer_start(loop, &other.t, 2 * MS);
}

static int rounds;

static void also_again(lco_loop *loop, ttimer *tt)
{
    if (--rounds > 0) {
        lco_timer_start(loop, &tt->t, 0);
    }
}

static void also_start_other_now(lco_loop *loop, ttimer *tt)
{
    (void) tt;
    lco_timer_start(loop, &other.t, 0);
}

/* Lets due timers be due, so that one turn finds them all. */
static void pass(lco_usec usec)
{
    lco_usec end = lco_now() + usec;

    while (lco_now() < end) {
    }
}

static int note_turn(bench *b)
{
    (void) b;
    note('|');
    return 0;
}

static void test_timer_in_callback(void)
{
    bench b;
    ttimer a, c;

    setup(&b);
    b.turn = note_turn;
    tt_init(&a, 'a', also_stop_other);
    tt_init(&other, 'o', NULL);
    tt_init(&c, 'c', NULL);
    lco_timer_start(b.loop, &a.t, 0);
    lco_timer_start(b.loop, &other.t, 1);
    lco_timer_start(b.loop, &c.t, 2);
    pass(10);
    run_here(&b, 2 * MS);
    is_seen("ac|.||", "a due timer stopped by another callback does not fire");
    teardown(&b);

    setup(&b);
    b.turn = note_turn;
    tt_init(&a, 'a', also_move_other);
    tt_init(&other, 'o', NULL);
    tt_init(&c, 'c', NULL);
    lco_timer_start(b.loop, &a.t, 0);
    lco_timer_start(b.loop, &other.t, 1);
    lco_timer_start(b.loop, &c.t, 2);
    pass(10);
    run_here(&b, 9 * MS);
    is_seen("ac|o|.||", "a due timer that is moved fires at its new time");
    teardown(&b);

    setup(&b);
    b.turn = note_turn;
    tt_init(&a, 'a', also_start_other_now);
    tt_init(&other, 'o', NULL);
    tt_init(&c, 'c', NULL);
    lco_timer_start(b.loop, &a.t, 0);
    lco_timer_start(b.loop, &c.t, 1);
    pass(10);
    run_here(&b, 9 * MS);
    is_seen("ac|o|.||", "a timer armed for now fires in the next turn");
    teardown(&b);

    setup(&b);
    b.turn = note_turn;
    rounds = 4;
    tt_init(&a, 'a', also_again);
    lco_timer_start(b.loop, &a.t, 0);
    run_here(&b, 9 * MS);
    is_seen("a|a|a|a|.||", "a timer that arms itself for now does not hold "
                           "up the loop");
    teardown(&b);
}

static void free_self(lco_loop *loop, lco_timer *t)
{
    (void) loop;
    note('f');
    free(t);
}

static void test_timer_edges(void)
{
    bench b;
    ttimer a;
    lco_timer *gone = malloc(sizeof(*gone));

    setup(&b);
    lco_timer_init(gone, free_self, NULL);
    lco_timer_start(b.loop, gone, 0);
    tt_init(&a, 'a', NULL);
    is_int(lco_timer_start(b.loop, &a.t, INT64_MAX), 0,
           "a timer may be for ever");
    is_int(a.t.when, INT64_MAX, "without its time wrapping round");
    run_here(&b, 1 * MS);
    is_seen("f.", "a timer may free itself, one for ever does not fire");
    lco_timer_start(b.loop, &a.t, 1);
    is_int(lco_loop_timers(b.loop), 1, "arming twice is arming once");
    lco_timer_stop(b.loop, &a.t);
    lco_timer_stop(b.loop, &a.t);
    is_int(lco_loop_timers(b.loop), 0, "stopping twice is stopping once");
    teardown(&b);
}

static void also_repeat(lco_loop *loop, ttimer *tt)
{
    if (--rounds > 0) {
        lco_timer_start(loop, &tt->t, 1 * MS);
    }
    else {
        lco_loop_stop(loop);
    }
}

static void test_timer_cost(void)
{
    bench b;
    ttimer a;
    size_t used;

    setup(&b);
    tt_init(&a, 'a', also_repeat);
    rounds = 2;
    lco_timer_start(b.loop, &a.t, 0);
    lco_timer_stop(b.loop, &a.t); /* the heap has its array */
    rounds = 50;
    used = mallinfo2().uordblks;
    lco_timer_start(b.loop, &a.t, 0);
    lco_loop_run(b.loop);
    /* The first of them was due at once; one more turn ends the loop. */
    ok(b.polls <= 52, "one poll for each expired timer (%d for 50)", b.polls);
    is_int((long long) (mallinfo2().uordblks - used), 0, "and no allocation");
    is_int(wakes(&b), 0, "and no wake");
    forget();
    teardown(&b);

    setup(&b);
    b.loop->no_pwait2 = 1;
    tt_init(&a, 'a', NULL);
    {
        lco_usec began = lco_now();

        lco_timer_start(b.loop, &a.t, 1500);
        run_here(&b, 4 * MS);
        ok(a.at - began >= 1500, "with a poll in milliseconds none is early");
    }
    ok(b.polls <= 4, "and it does not spin (%d polls)", b.polls);
    forget();
    teardown(&b);
}

/* ---- watches ---- */

typedef struct twatch {
    lco_watch w;
    int fds[2];
    char name;
    void (*also)(lco_loop *loop, struct twatch *tw);
} twatch;

static void watch_fn(lco_loop *loop, lco_watch *w, unsigned revents)
{
    twatch *tw = w->data;

    note(revents & EPOLLIN ? tw->name : '?');
    if (tw->also != NULL) {
        tw->also(loop, tw);
    }
}

static void tw_init(twatch *tw, char name, void (*also)(lco_loop *, twatch *))
{
    memset(tw, 0, sizeof(*tw));
    if (pipe(tw->fds) != 0) {
        perror("pipe");
        exit(1);
    }
    tw->w.fd = tw->fds[0];
    tw->w.events = EPOLLIN;
    tw->w.fn = watch_fn;
    tw->w.data = tw;
    tw->name = name;
    tw->also = also;
}

static void tw_close(twatch *tw)
{
    close(tw->fds[0]);
    close(tw->fds[1]);
}

static void feed(twatch *tw)
{
    if (write(tw->fds[1], "x", 1) != 1) {
        perror("write");
        exit(1);
    }
}

static void eat(lco_loop *loop, twatch *tw)
{
    char c;

    (void) loop;
    if (read(tw->fds[0], &c, 1) != 1) {
        note('!');
    }
}

static twatch *w_other;

static void also_stop_watch(lco_loop *loop, twatch *tw)
{
    eat(loop, tw);
    lco_watch_stop(loop, &w_other->w);
}

static void test_watch(void)
{
    bench b;
    twatch a, c;
    twatch bad;

    setup(&b);
    b.turn = note_turn;
    tw_init(&a, 'a', eat);
    is_int(lco_watch_start(b.loop, &a.w), 0, "a watch starts");
    ok(a.w.armed, "and is armed");
    is_int(lco_loop_watches(b.loop), 1, "and counted");
    feed(&a);
    feed(&a);
    run_here(&b, 2 * MS);
    is_seen("a|a|.||", "it calls back for as long as the descriptor is ready");
    lco_watch_stop(b.loop, &a.w);
    lco_watch_stop(b.loop, &a.w);
    is_int(lco_loop_watches(b.loop), 0, "stopped twice it is stopped once");
    teardown(&b);

    /* Both are ready in the same turn; whichever comes first stops the
     * other. */
    setup(&b);
    tw_init(&c, 'c', NULL);
    w_other = &c;
    a.also = also_stop_watch;
    lco_watch_start(b.loop, &a.w);
    lco_watch_start(b.loop, &c.w);
    feed(&a);
    feed(&c);
    run_here(&b, 2 * MS);
    is_seen("a.", "a watch stopped in the same turn gets no callback");
    lco_watch_stop(b.loop, &a.w);
    teardown(&b);

    setup(&b);
    memset(&bad, 0, sizeof(bad));
    bad.w.fd = -1;
    bad.w.events = EPOLLIN;
    errno = 0;
    ok(lco_watch_start(b.loop, &bad.w) == -1 && errno == EBADF,
       "a bad descriptor is an error");
    ok(!bad.w.armed && lco_loop_watches(b.loop) == 0, "and leaves nothing");
    teardown(&b);
    tw_close(&a);
    tw_close(&c);
}

static twatch fresh;

/* Stops the other watch and starts another one in its memory, which epoll
 * knows by the same slot. */
static void also_replace(lco_loop *loop, twatch *tw)
{
    eat(loop, tw);
    lco_watch_stop(loop, &w_other->w);
    w_other->w.fd = fresh.fds[0];
    w_other->name = 'n';
    if (lco_watch_start(loop, &w_other->w) != 0) {
        note('!');
    }
}

static void also_not_reading(lco_loop *loop, twatch *tw)
{
    eat(loop, tw);
    w_other->w.events = EPOLLPRI;
    if (lco_watch_start(loop, &w_other->w) != 0) {
        note('!');
    }
}

static void test_watch_reuse(void)
{
    bench b;
    twatch a, c;

    setup(&b);
    tw_init(&a, 'a', also_replace);
    tw_init(&c, 'c', NULL);
    tw_init(&fresh, 'f', NULL);
    w_other = &c;
    lco_watch_start(b.loop, &a.w);
    lco_watch_start(b.loop, &c.w);
    feed(&a);
    feed(&c);
    run_here(&b, 2 * MS);
    is_seen("a.", "an event of a stopped watch is not given to the one that "
                  "has its memory and slot");
    c.name = 'c';
    teardown(&b);
    a.w.armed = c.w.armed = 0;

    setup(&b);
    c.w.fd = c.fds[0];
    a.also = also_not_reading;
    eat(b.loop, &c);
    lco_watch_start(b.loop, &a.w);
    lco_watch_start(b.loop, &c.w);
    feed(&a);
    feed(&c);
    run_here(&b, 2 * MS);
    is_seen("a.", "an event that is no longer wanted is not given");
    teardown(&b);
    tw_close(&a);
    tw_close(&c);
    tw_close(&fresh);
}

static void test_watch_many(void)
{
    enum {
        N = 300
    };
    static twatch w[N];
    bench b;
    int all = 1;

    setup(&b);
    for (int i = 0; i < N; i++) {
        tw_init(&w[i], 'w', eat);
        all &= lco_watch_start(b.loop, &w[i].w) == 0;
        feed(&w[i]);
    }
    ok(all, "three hundred watches start");
    run_here(&b, 20 * MS);
    is_int((long long) nseen, N + 1, "and each is called once");
    forget();
    for (int i = 0; i < N; i++) {
        lco_watch_stop(b.loop, &w[i].w);
    }
    is_int(lco_loop_watches(b.loop), 0, "and all are stopped");
    for (int i = 0; i < N; i++) {
        all &= lco_watch_start(b.loop, &w[i].w) == 0;
    }
    ok(all && b.loop->nslots <= 512, "slots are used again");
    teardown(&b);
    for (int i = 0; i < N; i++) {
        tw_close(&w[i]);
    }
}

/* The loop has the event in hand and waits for the VM while its holder stops
 * the watch. */
static void test_watch_stopped_by_worker(void)
{
    bench b;
    twatch *a = malloc(sizeof(*a));
    int fd;

    setup(&b);
    tw_init(a, 'a', eat);
    lco_watch_start(b.loop, &a->w);
    start(&b);
    enter_while_polling(&b);
    feed(a);
    while (atomic_load(&b.loop->state) == LCO_LOOP_POLLING) {
        usleep(50);
    }
    lco_watch_stop(b.loop, &a->w);
    fd = a->fds[1];
    close(a->fds[0]);
    free(a);
    leave(&b);
    stop(&b);
    is_seen("", "a watch stopped by a worker while the loop waits for the VM "
                "gets no callback");
    close(fd);
    teardown(&b);
}

/* ---- mailbox and wakes ---- */

typedef struct tmsg {
    lco_msg m;
    char name;
    int from, no;
    int again;
} tmsg;

static void msg_fn(lco_loop *loop, lco_msg *m)
{
    tmsg *tm = m->data;

    note(tm->name);
    if (!lco_loop_is_mine(loop)) {
        note('!');
    }
    if (tm->again > 0) {
        tm->again--;
        lco_loop_post(loop, m);
    }
}

static void tm_init(tmsg *tm, char name)
{
    memset(tm, 0, sizeof(*tm));
    tm->m.fn = msg_fn;
    tm->m.data = tm;
    tm->name = name;
}

static void test_mailbox(void)
{
    bench b;
    tmsg m[4];

    setup(&b);
    b.turn = note_turn;
    for (int i = 0; i < 4; i++) {
        tm_init(&m[i], (char) ('a' + i));
    }
    lco_loop_post(b.loop, &m[2].m);
    lco_loop_post(b.loop, &m[0].m);
    lco_loop_post(b.loop, &m[2].m);
    lco_loop_post(b.loop, &m[1].m);
    m[0].again = 2;
    run_here(&b, 3 * MS);
    is_seen("cab|a|a|.||", "messages run in order, once for each posting, and "
                           "may be posted again from their function");
    is_int(wakes(&b), 0, "posting on the loop's thread writes no wake");
    ok(!lco_loop_is_mine(b.loop), "after the run the loop is nobody's");
    teardown(&b);

    setup(&b);
    lco_loop_post(b.loop, &m[0].m);
    lco_loop_stop(b.loop);
    lco_loop_run(b.loop);
    is_seen("a", "a loop stopped before it ran runs what was posted");
    teardown(&b);
}

static void test_wake_once(void)
{
    enum {
        N = 1000
    };
    static tmsg m[N];
    bench b;

    setup(&b);
    start(&b);
    enter_while_polling(&b);
    for (int i = 0; i < N; i++) {
        tm_init(&m[i], 'm');
        lco_loop_post(b.loop, &m[i].m);
    }
    is_int(wakes(&b), 1, "a thousand messages, one wake");
    leave(&b);
    enter_while_polling(&b);
    is_int((long long) nseen, N, "and all of them ran");
    leave(&b);
    stop(&b);
    forget();
    teardown(&b);
}

static void test_wake_by_timer(void)
{
    bench b;
    ttimer t[4];

    setup(&b);
    for (int i = 0; i < 4; i++) {
        tt_init(&t[i], (char) ('a' + i), NULL);
    }
    lco_timer_start(b.loop, &t[0].t, 10 * SEC);
    start(&b);
    enter_while_polling(&b);
    lco_timer_start(b.loop, &t[1].t, 20 * SEC);
    is_int(wakes(&b), 0, "a timer later than the poll's end wakes nobody");
    lco_timer_start(b.loop, &t[2].t, 4 * MS);
    lco_timer_start(b.loop, &t[3].t, 2 * MS);
    is_int(wakes(&b), 1, "an earlier one does, once");
    leave(&b);
    for (;;) {
        enter(&b);
        if (nseen == 2) {
            break;
        }
        leave(&b);
        usleep(50);
    }
    is_seen("dc", "and both fire");
    leave(&b);
    enter_while_polling(&b);
    is_int(wakes(&b), 0, "which needed no other wake");
    lco_timer_stop(b.loop, &t[0].t);
    lco_timer_start(b.loop, &t[1].t, 15 * SEC);
    is_int(wakes(&b), 0,
           "moving one to a time after the poll's end wakes "
           "nobody");
    leave(&b);
    stop(&b);
    teardown(&b);
}

/* Has work for many turns, then ends the loop; without timers, so that a poll
 * that waited would never end. */
static int busy_turn(bench *b)
{
    if (--b->turns_busy == 0) {
        lco_loop_stop(b->loop);
    }
    return 1;
}

static void test_turn(void)
{
    bench b;
    lco_usec began;

    setup(&b);
    b.turn = busy_turn;
    b.turns_busy = 20;
    began = lco_loop_now(b.loop);
    pass(2 * MS);
    lco_loop_wake(b.loop); /* the first turn is not the hook's */
    lco_loop_run(b.loop);
    ok(b.polls >= 20, "while the hook has work the poll does not wait");
    ok(lco_loop_now(b.loop) - began >= 2 * MS, "the turn's time moves on");
    teardown(&b);

    setup(&b);
    start(&b);
    enter_while_polling(&b);
    {
        int polls = b.polls;

        lco_loop_wake(b.loop);
        leave(&b);
        for (;;) {
            enter(&b);
            if (b.polls > polls) {
                break;
            }
            leave(&b);
            usleep(50);
        }
        ok(1, "a wake is a turn");
        leave(&b);
    }
    stop(&b);
    teardown(&b);
}

/* ---- many threads at once ---- */

enum {
    POSTERS = 4,
    EACH = 20000,
    TIMERS = 64
};

static struct {
    bench b;
    int next[POSTERS]; /* under vm */
    int ran;           /* under vm */
    int out_of_order;  /* under vm */
    int fired;         /* under vm */
} storm;

static void storm_fn(lco_loop *loop, lco_msg *m)
{
    tmsg *tm = m->data;

    (void) loop;
    storm.ran++;
    if (storm.next[tm->from] != tm->no) {
        storm.out_of_order++;
    }
    storm.next[tm->from] = tm->no + 1;
    free(tm);
}

static void storm_timer(lco_loop *loop, lco_timer *t)
{
    (void) loop;
    (void) t;
    storm.fired++;
}

static void *poster(void *data)
{
    int from = *(int *) data;

    for (int i = 0; i < EACH; i++) {
        tmsg *tm = malloc(sizeof(*tm));

        tm_init(tm, 's');
        tm->m.fn = storm_fn;
        tm->from = from;
        tm->no = i;
        lco_loop_post(storm.b.loop, &tm->m);
    }
    return NULL;
}

static void *armer(void *data)
{
    static lco_timer t[TIMERS];
    unsigned seed = 7;

    (void) data;
    for (int i = 0; i < TIMERS; i++) {
        lco_timer_init(&t[i], storm_timer, NULL);
    }
    for (int i = 0, fired = 0; i < 5000 || fired < 50; i++) {
        seed = seed * 1103515245u + 12345u;
        enter(&storm.b);
        if (seed >> 8 & 1) {
            lco_timer_start(storm.b.loop, &t[(seed >> 9) % TIMERS],
                            (seed >> 16) % 300);
        }
        else {
            lco_timer_stop(storm.b.loop, &t[(seed >> 9) % TIMERS]);
        }
        fired = storm.fired;
        leave(&storm.b);
        if (i % 50 == 0) {
            usleep(50);
        }
    }
    enter(&storm.b);
    for (int i = 0; i < TIMERS; i++) {
        lco_timer_stop(storm.b.loop, &t[i]);
    }
    leave(&storm.b);
    return NULL;
}

static void test_storm(void)
{
    pthread_t posters[POSTERS], arm;
    int no[POSTERS];

    setup(&storm.b);
    start(&storm.b);
    pthread_create(&arm, NULL, armer, NULL);
    for (int i = 0; i < POSTERS; i++) {
        no[i] = i;
        pthread_create(&posters[i], NULL, poster, &no[i]);
    }
    for (int i = 0; i < POSTERS; i++) {
        pthread_join(posters[i], NULL);
    }
    pthread_join(arm, NULL);
    stop(&storm.b);
    is_int(storm.ran, POSTERS * EACH, "each message of four threads ran once");
    is_int(storm.out_of_order, 0, "in the order its thread posted them");
    ok(storm.fired >= 50, "while a worker moved timers about");
    is_int(lco_loop_timers(storm.b.loop), 0, "of which none is left");
    teardown(&storm.b);
}

/* One thread and the loop throw a message to and fro: a wake that got lost
 * would stop them. */
static atomic_int pings;

static void ping_fn(lco_loop *loop, lco_msg *m)
{
    (void) loop;
    (void) m;
    atomic_fetch_add(&pings, 1);
}

static void test_no_wake_is_lost(void)
{
    bench b;
    lco_msg m = {.fn = ping_fn};

    setup(&b);
    start(&b);
    for (int i = 0; i < 20000; i++) {
        lco_loop_post(b.loop, &m);
        while (atomic_load(&pings) <= i) {
            usleep(50);
        }
    }
    stop(&b);
    is_int(atomic_load(&pings), 20000, "no wake is lost in 20,000");
    teardown(&b);
}

int main(void)
{
    const char *given = getenv("LUACO_SLOW");

    if (given != NULL && atoi(given) > 0) {
        slow = atoi(given);
    }
    alarm(120); /* a lost wake ends the test instead of hanging it */
    test_timer_order();
    test_timer_ties();
    test_timer_in_callback();
    test_timer_edges();
    test_timer_cost();
    test_watch();
    test_watch_reuse();
    test_watch_many();
    test_watch_stopped_by_worker();
    test_mailbox();
    test_wake_once();
    test_wake_by_timer();
    test_turn();
    test_storm();
    test_no_wake_is_lost();
    return done_testing();
}

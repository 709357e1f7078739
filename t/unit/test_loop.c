/* loop/: mailbox, wakes and turns, and all of it from many threads at once. */
#include "loop_bench.h"

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
    begin();
    test_mailbox();
    test_wake_once();
    test_wake_by_timer();
    test_turn();
    test_storm();
    test_no_wake_is_lost();
    return done_testing();
}

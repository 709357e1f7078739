/* loop/timer.c: order, ties, timers that change others when they fire. */
#include "loop_bench.h"

#include <malloc.h>

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

int main(void)
{
    begin();
    test_timer_order();
    test_timer_ties();
    test_timer_in_callback();
    test_timer_edges();
    test_timer_cost();
    return done_testing();
}

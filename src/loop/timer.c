/* Timers: a heap by (when, seq).
 *
 * Runs with the VM entered, on any thread; firing on the loop thread.  The
 * hard thing is what callbacks may do to other timers that are due: stop
 * them, move them, arm new ones for now.  Due timers need not be moved aside
 * for that: a timer armed after the turn's time was taken has a `when` no
 * earlier than that time and a later `seq`, so it sorts behind every timer of
 * this turn, and the turn's first sequence number says where to end.
 */
#include "loop/loop_priv.h"

#include <stddef.h>
#include <time.h>

lco_usec lco_now(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (lco_usec) ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

void lco_timer_init(lco_timer *t, void (*fn)(lco_loop *, lco_timer *),
                    void *data)
{
    t->when = 0;
    t->seq = 0;
    t->heap_idx = -1;
    t->fn = fn;
    t->data = data;
}

int lco_timer_start(lco_loop *loop, lco_timer *t, lco_usec usec)
{
    lco_usec now = lco_now();
    lco_usec when = usec <= 0 ? now : now + usec;

    if (usec > 0 && usec > INT64_MAX - now) {
        when = INT64_MAX;
    }
    if (lco_heap_put(&loop->heap, when, loop->timer_seq, &t->heap_idx) != 0) {
        return -1;
    }
    t->when = when;
    t->seq = loop->timer_seq++;

    /* Who arms a timer has the VM, so either this is the loop thread, which
     * looks at the heap before it waits, or the loop waits for what
     * poll_until says, or its poll is over and it is about to look. */
    if (when < loop->poll_until) {
        int polling = LCO_LOOP_POLLING;

        if (atomic_compare_exchange_strong(&loop->state, &polling,
                                           LCO_LOOP_AGAIN)) {
            lco_poller_kick(loop);
        }
    }
    return 0;
}

void lco_timer_stop(lco_loop *loop, lco_timer *t)
{
    lco_heap_drop(&loop->heap, &t->heap_idx);
}

lco_usec lco_timer_next(lco_loop *loop)
{
    const lco_heap_ent *top = lco_heap_top(&loop->heap);
    lco_usec now;

    if (top == NULL) {
        loop->poll_until = INT64_MAX;
        return -1;
    }
    loop->poll_until = top->key;
    now = lco_now();
    return top->key > now ? top->key - now : 0;
}

void lco_timer_run(lco_loop *loop)
{
    const lco_heap_ent *top;

    while ((top = lco_heap_top(&loop->heap)) != NULL && top->key <= loop->now &&
           top->seq < loop->turn_seq) {
        lco_timer *t =
            (lco_timer *) ((char *) top->place - offsetof(lco_timer, heap_idx));

        lco_heap_drop(&loop->heap, &t->heap_idx);
        t->fn(loop, t);
    }
}

unsigned lco_loop_timers(const lco_loop *loop)
{
    return (unsigned) loop->heap.len;
}

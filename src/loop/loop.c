/* One turn of the loop: poll, messages, descriptors, timers, hook.
 *
 * Runs on the loop thread.  The hard thing is to miss no wake between the
 * last look at what there is to do and the poll: `state` says POLLING before
 * the VM is left, and whoever changes it from POLLING kicks the poll.
 * Descriptors come before timers, so that an answer that arrived beats its
 * own timeout.
 */
#include "loop/loop.h"

#include <errno.h>
#include <stdlib.h>

#include "loop/loop_priv.h"

static __thread const lco_loop *mine;

lco_loop *lco_loop_create(const lco_loop_hooks *hooks)
{
    lco_loop *loop = calloc(1, sizeof(*loop));

    if (loop == NULL) {
        return NULL;
    }
    loop->hooks = *hooks;
    loop->now = lco_now();
    lco_heap_init(&loop->heap);
    atomic_init(&loop->mail, NULL);
    atomic_init(&loop->state, LCO_LOOP_RUNNING);
    atomic_init(&loop->stop, 0);
    if (lco_poller_open(loop) != 0) {
        int err = errno;

        lco_loop_destroy(loop);
        errno = err;
        return NULL;
    }
    return loop;
}

void lco_loop_destroy(lco_loop *loop)
{
    lco_poller_close(loop);
    lco_heap_close(&loop->heap);
    free(loop);
}

static void leave(const lco_loop *loop)
{
    if (loop->hooks.before_poll != NULL) {
        loop->hooks.before_poll(loop->hooks.data);
    }
}

static void enter(const lco_loop *loop)
{
    if (loop->hooks.after_poll != NULL) {
        loop->hooks.after_poll(loop->hooks.data);
    }
}

/* Polls, without waiting if BUSY.  Returns how many events came. */
static int poll_once(lco_loop *loop, int busy)
{
    lco_usec wait = lco_timer_next(loop);
    int running = LCO_LOOP_RUNNING;
    int n;

    if (busy || wait == 0 ||
        !atomic_compare_exchange_strong(&loop->state, &running,
                                        LCO_LOOP_POLLING)) {
        wait = 0;
    }
    leave(loop);
    n = lco_poller_wait(loop, wait);
    (void) atomic_exchange(&loop->state, LCO_LOOP_RUNNING);
    enter(loop);
    loop->now = lco_now();
    loop->turn_seq = loop->timer_seq;
    return n;
}

void lco_loop_run(lco_loop *loop)
{
    int busy = 0;
    int stopping;

    mine = loop;
    enter(loop);
    do {
        int n;

        /* Read first: the last turn still runs what was posted before the
         * stop. */
        stopping = atomic_load(&loop->stop);
        n = poll_once(loop, busy || stopping);
        lco_mailbox_run(loop);
        lco_poller_dispatch(loop, n);
        lco_timer_run(loop);
        busy = 0;
        if (loop->hooks.turn != NULL) {
            busy = loop->hooks.turn(loop->hooks.data);
        }
    } while (!stopping);
    leave(loop);
    mine = NULL;
}

void lco_loop_stop(lco_loop *loop)
{
    atomic_store(&loop->stop, 1);
    lco_loop_wake(loop);
}

int lco_loop_is_mine(const lco_loop *loop)
{
    return mine == loop;
}

lco_usec lco_loop_now(const lco_loop *loop)
{
    return loop->now;
}

/* What the files of loop/ share.
 *
 * Fields marked [VM] are read and written with the VM entered; while the loop
 * waits in its poll another thread may hold the VM and change them.
 */
#ifndef LCO_LOOP_PRIV_H
#define LCO_LOOP_PRIV_H

#include <stdatomic.h>
#include <sys/epoll.h>

#include "loop/loop.h"
#include "util/heap.h"

/* What a thread that wakes the loop has to do.  RUNNING: the loop will look
 * at its mailbox, but perhaps has done so for this turn.  AGAIN: the next
 * poll does not wait.  POLLING: the loop waits, or is about to. */
enum {
    LCO_LOOP_RUNNING,
    LCO_LOOP_AGAIN,
    LCO_LOOP_POLLING
};

enum {
    LCO_LOOP_BATCH = 128
};

/* A watch is known to epoll by the number of its slot and the slot's
 * generation, so an event that was fetched before the watch was stopped is
 * recognised even where the watch's memory has been used again. */
typedef struct lco_watch_slot {
    lco_watch *w; /* NULL: free */
    uint32_t gen;
    int next_free; /* -1: end of the list */
} lco_watch_slot;

struct lco_loop {
    lco_loop_hooks hooks; /* set before the loop runs */

    /* poller.c */
    int epfd, wakefd;      /* set before the loop runs */
    int no_pwait2;         /* loop thread: the kernel has no epoll_pwait2 */
    lco_watch_slot *slots; /* [VM] */
    int nslots, free_slot; /* [VM] */
    unsigned nwatches;     /* [VM] */
    struct epoll_event events[LCO_LOOP_BATCH]; /* loop thread */

    /* timer.c */
    lco_heap heap;       /* [VM] */
    uint64_t timer_seq;  /* [VM] */
    lco_usec poll_until; /* [VM] what the poll waits for at most */
    lco_usec now;        /* [VM] the turn's time ... */
    uint64_t turn_seq;   /* [VM] ... and timer_seq as it was then */

    /* mailbox.c */
    _Atomic(lco_msg *) mail; /* newest first */

    atomic_int state; /* of the enum above */
    atomic_int stop;
};

int lco_poller_open(lco_loop *loop);
void lco_poller_close(lco_loop *loop);
/* Waits up to USEC (negative: without end).  Returns how many events came;
 * an interrupted wait is one without events. */
int lco_poller_wait(lco_loop *loop, lco_usec usec);
/* [VM entered, loop thread]  Calls back for the first N events. */
void lco_poller_dispatch(lco_loop *loop, int n);
/* Any thread: ends the poll that is under way. */
void lco_poller_kick(lco_loop *loop);

/* [VM entered, loop thread]  When the poll must end at the latest, as
 * microseconds from now; -1: no timer. */
lco_usec lco_timer_next(lco_loop *loop);
/* [VM entered, loop thread]  Fires what is due. */
void lco_timer_run(lco_loop *loop);

/* [VM entered, loop thread]  Runs what was posted before this call. */
void lco_mailbox_run(lco_loop *loop);

#endif

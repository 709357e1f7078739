/* The event loop of one VM: descriptors (epoll), timers and a mailbox.
 *
 * Thread: one loop thread calls lco_loop_run().  Timers and watches are
 * changed under the VM's lock by whoever holds it; lco_loop_post() may be
 * called by any thread with or without that lock.  A turn of the loop runs
 * under the lock, except inside the poll: the before_poll / after_poll hooks
 * give it up and take it again.  No callback may block.
 *
 * Memory: timers, watches and messages belong to the caller and must stay
 * valid while armed / posted; the loop frees nothing of them.
 */
#ifndef LCO_LOOP_H
#define LCO_LOOP_H

#include <stdint.h>

typedef struct lco_loop lco_loop;
typedef struct lco_timer lco_timer;
typedef struct lco_watch lco_watch;
typedef struct lco_msg lco_msg;

/* Microseconds of a monotonic clock. */
typedef int64_t lco_usec;
lco_usec lco_now(void);

struct lco_timer {
    lco_usec when;
    uint64_t seq; /* ties fire in the order they were armed */
    int heap_idx; /* -1: not armed.  Initialise with lco_timer_init(). */
    void (*fn)(lco_loop *loop, lco_timer *t);
    void *data;
};

struct lco_watch {
    int fd;          /* the caller's; closed only after lco_watch_stop() */
    unsigned events; /* EPOLLIN | EPOLLOUT | EPOLLRDHUP ... */
    int armed;       /* 0 at first; nonzero while started */
    void (*fn)(lco_loop *loop, lco_watch *w, unsigned revents);
    void *data;
};

struct lco_msg {
    lco_msg *next;
    int posted; /* atomic; a message that is posted is not added twice */
    void (*fn)(lco_loop *loop, lco_msg *m);
    void *data;
};

typedef struct lco_loop_hooks {
    void (*before_poll)(void *data); /* leaves the VM */
    void (*after_poll)(void *data);  /* enters the VM */
    /* Called at the end of each turn, VM entered: runs what became ready.
     * Returns nonzero if it left work for the next turn (poll does not then
     * wait). */
    int (*turn)(void *data);
    void *data;
} lco_loop_hooks;

/* NULL when descriptors or memory ran out (errno).  Make it in the process
 * that runs it: epoll descriptors do not survive a fork well. */
lco_loop *lco_loop_create(const lco_loop_hooks *hooks);
void lco_loop_destroy(lco_loop *loop); /* after lco_loop_run() returned */

/* Runs turns until lco_loop_stop().  Called without the VM entered. */
void lco_loop_run(lco_loop *loop);
/* Any thread: asks lco_loop_run() to return soon; messages posted before are
 * run first.  It stays stopped. */
void lco_loop_stop(lco_loop *loop);

/* [VM entered]  Arms T to fire USEC from now (0 or less: in the next turn).
 * Re-arming an armed timer moves it.  Called from another thread than the
 * loop's it wakes the poll if T is due before the poll would end.  A timer is
 * not armed any more when its fn is called; fn may arm or free it.  Returns 0,
 * or -1 when out of memory (an armed timer can always be moved). */
void lco_timer_init(lco_timer *t, void (*fn)(lco_loop *, lco_timer *),
                    void *data);
int lco_timer_start(lco_loop *loop, lco_timer *t, lco_usec usec);
void lco_timer_stop(lco_loop *loop, lco_timer *t);
static inline int lco_timer_armed(const lco_timer *t)
{
    return t->heap_idx >= 0;
}

/* [VM entered]  Level-triggered watch of w->fd for w->events; calling start
 * again changes the events.  Returns 0 or -1 with errno.  After stop no
 * callback of this watch happens, even in the same turn. */
int lco_watch_start(lco_loop *loop, lco_watch *w);
void lco_watch_stop(lco_loop *loop, lco_watch *w);

/* Any thread: M's fn runs on the loop thread, VM entered, in posting order.
 * Posting a message that is already posted does nothing. */
void lco_loop_post(lco_loop *loop, lco_msg *m);

/* Is the calling thread the one in lco_loop_run()? */
int lco_loop_is_mine(const lco_loop *loop);
/* Makes the loop run another turn soon; any thread. */
void lco_loop_wake(lco_loop *loop);
/* The time of the current turn; refreshed after each poll. */
lco_usec lco_loop_now(const lco_loop *loop);
/* Counts for leak tests. */
unsigned lco_loop_timers(const lco_loop *loop);
unsigned lco_loop_watches(const lco_loop *loop);

#endif

/* Descriptors: epoll, and an eventfd that ends the poll from outside.
 *
 * The poll runs without the VM, everything else here with it (the kick:
 * anywhere).  The hard thing is that a watch may be stopped, and its memory
 * used again, by a worker that holds the VM while the loop thread already has
 * the watch's event in its hands: see lco_watch_slot.
 */
#include "loop/loop_priv.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 35)
#define HAVE_PWAIT2 1
#else
#define HAVE_PWAIT2 0
#endif

/* The wake descriptor's epoll data; no slot has that number. */
#define WAKE_DATA UINT64_MAX

/* No poll is longer, so that no conversion can overflow. */
#define LONGEST ((lco_usec) 3600 * 1000000)

int lco_poller_open(lco_loop *loop)
{
    struct epoll_event ev;

    loop->free_slot = -1;
    loop->wakefd = -1;
    loop->epfd = epoll_create1(EPOLL_CLOEXEC);
    if (loop->epfd < 0) {
        return -1;
    }
    loop->wakefd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (loop->wakefd < 0) {
        return -1;
    }
    memset(&ev, 0, sizeof(ev));
    /* Edge-triggered: each write is an event, and none needs a read. */
    ev.events = EPOLLIN | EPOLLET;
    ev.data.u64 = WAKE_DATA;
    return epoll_ctl(loop->epfd, EPOLL_CTL_ADD, loop->wakefd, &ev);
}

void lco_poller_close(lco_loop *loop)
{
    if (loop->wakefd >= 0) {
        close(loop->wakefd);
    }
    if (loop->epfd >= 0) {
        close(loop->epfd);
    }
    free(loop->slots);
}

static int wait_ms(lco_loop *loop, lco_usec usec)
{
    int ms = usec < 0 ? -1 : (int) ((usec + 999) / 1000);

    return epoll_wait(loop->epfd, loop->events, LCO_LOOP_BATCH, ms);
}

static int wait_once(lco_loop *loop, lco_usec usec)
{
#if HAVE_PWAIT2
    if (!loop->no_pwait2 && usec > 0) {
        struct timespec ts = {.tv_sec = (time_t) (usec / 1000000),
                              .tv_nsec = (long) (usec % 1000000) * 1000};
        int n =
            epoll_pwait2(loop->epfd, loop->events, LCO_LOOP_BATCH, &ts, NULL);

        /* EPERM: what older container runtimes answer for calls that they do
         * not know. */
        if (n >= 0 || (errno != ENOSYS && errno != EPERM)) {
            return n;
        }
        loop->no_pwait2 = 1;
    }
#endif
    return wait_ms(loop, usec);
}

int lco_poller_wait(lco_loop *loop, lco_usec usec)
{
    int n = wait_once(loop, usec > LONGEST ? LONGEST : usec);

    return n < 0 ? 0 : n;
}

void lco_poller_dispatch(lco_loop *loop, int n)
{
    int i;

    for (i = 0; i < n; i++) {
        uint64_t data = loop->events[i].data.u64;
        const lco_watch_slot *slot;
        unsigned revents;

        if (data == WAKE_DATA) {
            continue;
        }
        slot = &loop->slots[data & UINT32_MAX];
        if (slot->w == NULL || slot->gen != data >> 32) {
            continue;
        }
        /* The watch may have changed its mind since the poll. */
        revents =
            loop->events[i].events & (slot->w->events | EPOLLERR | EPOLLHUP);
        if (revents != 0) {
            slot->w->fn(loop, slot->w, revents);
        }
    }
}

void lco_poller_kick(lco_loop *loop)
{
    static const uint64_t one = 1;
    ssize_t n;

    do {
        n = write(loop->wakefd, &one, sizeof(one));
    } while (n < 0 && errno == EINTR);
}

/* Makes room for one more watch.  Returns 0 or -1. */
static int more_slots(lco_loop *loop)
{
    int n = loop->nslots > 0 ? loop->nslots * 2 : 64;
    lco_watch_slot *slots;
    int i;

    if (n > INT_MAX / 2) {
        errno = ENOMEM;
        return -1;
    }
    slots = realloc(loop->slots, (size_t) n * sizeof(*slots));
    if (slots == NULL) {
        errno = ENOMEM;
        return -1;
    }
    for (i = loop->nslots; i < n; i++) {
        slots[i].w = NULL;
        slots[i].gen = 0;
        slots[i].next_free = i + 1 < n ? i + 1 : -1;
    }
    loop->free_slot = loop->nslots;
    loop->slots = slots;
    loop->nslots = n;
    return 0;
}

static int control(lco_loop *loop, int op, const lco_watch *w, int slot)
{
    struct epoll_event ev;

    memset(&ev, 0, sizeof(ev));
    ev.events = w->events;
    ev.data.u64 = (uint64_t) loop->slots[slot].gen << 32 | (uint32_t) slot;
    return epoll_ctl(loop->epfd, op, w->fd, &ev);
}

int lco_watch_start(lco_loop *loop, lco_watch *w)
{
    int slot;

    if (w->armed) {
        return control(loop, EPOLL_CTL_MOD, w, w->armed - 1);
    }
    if (loop->free_slot < 0 && more_slots(loop) != 0) {
        return -1;
    }
    slot = loop->free_slot;
    if (control(loop, EPOLL_CTL_ADD, w, slot) != 0) {
        return -1;
    }
    loop->free_slot = loop->slots[slot].next_free;
    loop->slots[slot].w = w;
    w->armed = slot + 1;
    loop->nwatches++;
    return 0;
}

void lco_watch_stop(lco_loop *loop, lco_watch *w)
{
    lco_watch_slot *slot;

    if (!w->armed) {
        return;
    }
    slot = &loop->slots[w->armed - 1];
    (void) epoll_ctl(loop->epfd, EPOLL_CTL_DEL, w->fd, NULL);
    slot->w = NULL;
    slot->gen++;
    slot->next_free = loop->free_slot;
    loop->free_slot = w->armed - 1;
    w->armed = 0;
    loop->nwatches--;
}

unsigned lco_loop_watches(const lco_loop *loop)
{
    return loop->nwatches;
}

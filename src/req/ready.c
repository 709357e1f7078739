/* Descriptors that are always readable: put into a parking descriptor one makes
 * that readable too, and the MPM wakes a worker.
 *
 * They are eventfds, shared by many connections.  The limit is the kernel's
 * (rule 5), so each counts who has it.  Any thread, the connection's lock
 * held.
 */
#include "req/ready.h"

#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* Linux lets one file be in at most 500 epoll sets at a time when those are
 * polled themselves (EP_PATH limits); rule 5. */
#define READY_MAX 400

typedef struct ready_slot {
    int fd; /* an eventfd that is always readable */
    atomic_int used;
    struct ready_slot *next;
} ready_slot;

/* Slots are added and never removed while the child lives. */
static _Atomic(ready_slot *) ready_slots;
static pthread_mutex_t ready_lock = PTHREAD_MUTEX_INITIALIZER;

static ready_slot *add_ready_slot(void)
{
    ready_slot *slot = calloc(1, sizeof(*slot));
    uint64_t one = 1;

    if (!slot) {
        return NULL;
    }
    slot->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (slot->fd < 0 || write(slot->fd, &one, sizeof(one)) != sizeof(one)) {
        if (slot->fd >= 0) {
            close(slot->fd);
        }
        free(slot);
        return NULL;
    }
    pthread_mutex_lock(&ready_lock);
    slot->next = atomic_load(&ready_slots);
    atomic_store(&ready_slots, slot);
    pthread_mutex_unlock(&ready_lock);
    return slot;
}

static ready_slot *take_ready_slot(void)
{
    ready_slot *slot;

    for (slot = atomic_load(&ready_slots); slot; slot = slot->next) {
        if (atomic_fetch_add(&slot->used, 1) < READY_MAX) {
            return slot;
        }
        atomic_fetch_sub(&slot->used, 1);
    }
    slot = add_ready_slot();
    if (slot) {
        atomic_fetch_add(&slot->used, 1);
    }
    return slot;
}

void lco_ready_clear(lco_conn *conn)
{
    if (conn->io_in_ep) {
        (void) epoll_ctl(conn->ep_fd, EPOLL_CTL_DEL, conn->io_fd, NULL);
        conn->io_in_ep = 0;
    }
    if (conn->ready_fd >= 0) {
        (void) epoll_ctl(conn->ep_fd, EPOLL_CTL_DEL, conn->ready_fd, NULL);
        atomic_fetch_sub(conn->ready_use, 1);
        conn->ready_fd = -1;
    }
}

int lco_ready_put(lco_conn *conn)
{
    struct epoll_event ev = {.events = EPOLLIN};
    ready_slot *slot = take_ready_slot();

    if (!slot) {
        return 0;
    }
    if (epoll_ctl(conn->ep_fd, EPOLL_CTL_ADD, slot->fd, &ev) != 0) {
        atomic_fetch_sub(&slot->used, 1);
        return 0;
    }
    conn->ready_use = &slot->used;
    conn->ready_fd = slot->fd;
    return 1;
}

int lco_ready_child_init(void)
{
    return add_ready_slot() != NULL;
}

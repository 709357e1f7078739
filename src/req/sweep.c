/* Parked and idle connections, as their VM's loop sees them: the watch of the
 * client's socket, the list of what is parked, the look through it twice a
 * second.
 *
 * Inside the VM; what the loop does after a drive, on the loop thread.  The
 * hard thing: once a connection's state says that a worker may come, nothing
 * of it may be touched after its lock is let go.
 */
#include "req/conn.h"

#include <stdint.h>
#include <sys/epoll.h>

#include <http_core.h>

#include "req/drive.h"

/* How long an idle connection stays with us (rule 16). */
#define IDLE_MAX APR_USEC_PER_SEC

/* How often the parked connections are looked through. */
#define SWEEP_MAX (APR_USEC_PER_SEC / 2)

/* ---- watches, [in VM] ---- */

void lco_conn_unwatch(lco_conn *conn)
{
    if (conn->watch.armed) {
        lco_watch_stop(conn->vm->loop, &conn->watch);
    }
}

static void on_io(lco_loop *loop, lco_watch *w, unsigned revents)
{
    lco_conn *conn = w->data;

    (void) loop;
    if (revents & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) {
        conn->client_gone = 1;
    }
    if (revents & EPOLLOUT) {
        conn->writable = 1;
    }
    lco_conn_unwatch(conn); /* level triggered: drive arms it again */
    if (conn->waiter) {
        conn->waiter->look = 1;
        pthread_cond_signal(conn->waiter->signal);
    }
    else if (conn->req) {
        lco_conn_notify(conn, conn->req);
    }
}

int lco_conn_watch(lco_conn *conn, unsigned events)
{
    conn->watch.fn = on_io;
    conn->watch.data = conn;
    conn->watch.events = events;
    return lco_watch_start(conn->vm->loop, &conn->watch) == 0;
}

/* ---- the sweep, [in VM], loop thread, about once a second ---- */

static lco_usec idle_max(const lco_conn *conn)
{
    apr_interval_time_t keep = conn->c->base_server->keep_alive_timeout;

    return keep < IDLE_MAX ? keep : IDLE_MAX;
}

/* How long after it was parked a connection is parked again, so that the MPM
 * does not expire it: between a quarter and half of Timeout.  What was parked
 * at one moment, perhaps by thousands, comes back in shares, since each takes a
 * worker for that moment.  Numbers of descriptors follow each other in steps;
 * Knuth's multiplier scatters them. */
static lco_usec park_max(const lco_conn *conn)
{
    lco_usec quarter = lco_conn_least_timeout() / 4;
    uint32_t share = ((uint32_t) conn->io_fd * UINT32_C(2654435761)) >> 27;

    return quarter + quarter * (lco_usec) share / 32;
}

void lco_conn_release_idle(lco_vm *vm)
{
    lco_conn *conn, *next;

    for (conn = TAILQ_FIRST(&vm->parked); conn; conn = next) {
        next = TAILQ_NEXT(conn, parked_link);
        if (lco_conn_state_of(conn) == LCO_CONN_ARMED) {
            lco_conn_wake_mpm(conn);
        }
    }
}

lco_usec lco_conn_sweep_time(void)
{
    /* What must happen at half of Timeout happens well before its end. */
    return lco_conn_least_timeout() / 8 < SWEEP_MAX
               ? lco_conn_least_timeout() / 8 + 1
               : SWEEP_MAX;
}

void lco_conn_sweep(lco_vm *vm)
{
    lco_usec now = lco_now();
    lco_conn *conn, *next;

    for (conn = TAILQ_FIRST(&vm->parked); conn; conn = next) {
        next = TAILQ_NEXT(conn, parked_link);
        switch (lco_conn_state_of(conn)) {
        case LCO_CONN_PARKED:
            /* Parked again before the MPM expires it. */
            if (conn->want_worker ||
                now - conn->parked_since >= park_max(conn)) {
                lco_conn_wake_mpm(conn);
            }
            else if (conn->slow_since &&
                     now - conn->slow_since >= conn->req->r->server->timeout +
                                                   lco_conn_sweep_time()) {
                /* A flush that waits has had its own timeout by now. */
                conn->slow_since = 0;
                conn->send_timeout = 1;
                lco_conn_notify(conn, conn->req);
            }
            break;
        case LCO_CONN_ARMED:
            if (conn->want_worker ||
                now - conn->armed_since >= idle_max(conn) ||
                now - conn->parked_since >= park_max(conn)) {
                lco_conn_wake_mpm(conn);
            }
            break;
        case LCO_CONN_WORKER:
        case LCO_CONN_WAKING:
            break;
        }
    }
}

void lco_conn_keep(lco_conn *conn)
{
    pthread_mutex_lock(&conn->lock);
    conn->driving = 0;
    if (conn->reclaim) {
        pthread_cond_signal(&conn->cond);
    }
    pthread_mutex_unlock(&conn->lock);
}

void lco_conn_arm_idle(lco_conn *conn)
{
    struct epoll_event ev = {.events = EPOLLIN | EPOLLRDHUP};

    lco_conn_unwatch(conn);
    pthread_mutex_lock(&conn->lock);
    if (!conn->reclaim &&
        epoll_ctl(conn->ep_fd, EPOLL_CTL_ADD, conn->io_fd, &ev) != 0) {
        pthread_mutex_unlock(&conn->lock);
        lco_conn_wake_mpm(conn);
        return;
    }
    conn->driving = 0;
    if (conn->reclaim) {
        pthread_cond_signal(&conn->cond);
        pthread_mutex_unlock(&conn->lock);
        return;
    }
    conn->io_in_ep = 1;
    conn->armed_since = lco_now();
    lco_conn_note_parked(conn);
    conn->state = LCO_CONN_ARMED; /* no access to conn after unlock */
    pthread_mutex_unlock(&conn->lock);
}

void lco_conn_forget_parked(lco_conn *conn)
{
    if (conn->in_parked) {
        TAILQ_REMOVE(&conn->vm->parked, conn, parked_link);
        conn->in_parked = 0;
    }
}

void lco_conn_note_parked(lco_conn *conn)
{
    lco_vm *vm = conn->vm;

    if (!conn->in_parked) {
        TAILQ_INSERT_TAIL(&vm->parked, conn, parked_link);
        conn->in_parked = 1;
    }
    if (!lco_timer_armed(&vm->sweep)) {
        (void) lco_timer_start(vm->loop, &vm->sweep, lco_conn_sweep_time());
    }
}

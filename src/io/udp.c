/* Datagram sockets.
 *
 * The descriptor is registered when a datagram is first waited for, edge-
 * triggered, and stays so; a receive tries the system call first.  The first
 * of several addresses is as good as the others: nothing tells whether a peer
 * is there.
 */
#include "io/udp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "io/link.h"

static void end(lco_udp *udp, lco_io rc)
{
    lco_udp_done *done = udp->done;

    lco_timer_stop(udp->loop, &udp->timer);
    udp->done = NULL;
    if (done) {
        done(udp, rc);
    }
}

static void on_timer(lco_loop *loop, lco_timer *t)
{
    lco_udp *udp = t->data;

    (void) loop;
    if (udp->query.name) {
        lco_resolve_cancel(&udp->query);
        udp->err = LCO_DNS_TIMEOUT;
        end(udp, LCO_IO_RESOLVE);
    }
    else {
        end(udp, LCO_IO_TIMEOUT);
    }
}

/* Takes a datagram in, if there is one. */
static lco_io take(lco_udp *udp)
{
    ssize_t n;

    do {
        n = recv(udp->fd, udp->data, udp->want, 0);
    } while (n < 0 && errno == EINTR);
    if (n >= 0) {
        udp->len = (size_t) n;
        return LCO_IO_OK;
    }
    if (errno == EAGAIN) {
        return LCO_IO_WAIT;
    }
    udp->err = errno;
    return LCO_IO_ERRNO;
}

static void on_event(lco_loop *loop, lco_watch *w, unsigned revents)
{
    lco_udp *udp = w->data;
    lco_io rc;

    (void) loop;
    (void) revents;
    if (udp->done) {
        rc = take(udp);
        if (rc != LCO_IO_WAIT) {
            end(udp, rc);
        }
    }
}

void lco_udp_init(lco_udp *udp, lco_loop *loop)
{
    memset(udp, 0, sizeof(*udp));
    udp->loop = loop;
    udp->fd = -1;
    udp->watch.fn = on_event;
    udp->watch.data = udp;
    lco_timer_init(&udp->timer, on_timer, udp);
}

void lco_udp_free(lco_udp *udp)
{
    udp->done = NULL;
    lco_udp_close(udp);
    free(udp->data);
    udp->data = NULL;
}

static lco_io open_socket(lco_udp *udp)
{
    const lco_addr *a = &udp->target.addr;
    int is_unix = lco_addr_is_unix(a);
    /* A file socket without a name gets one from the kernel: the peer could
     * not answer otherwise. */
    struct sockaddr any = {.sa_family = AF_UNIX};
    int rc = 0;

    udp->fd = lco_socket(a->u.sa.sa_family, SOCK_DGRAM);
    if (udp->fd < 0) {
        udp->err = errno;
        return LCO_IO_ERRNO;
    }
    if (is_unix) {
        rc = bind(udp->fd, &any, sizeof(sa_family_t));
    }
    else if (udp->local.len) {
        rc = bind(udp->fd, &udp->local.u.sa, udp->local.len);
    }
    if (rc == 0) {
        rc = connect(udp->fd, &a->u.sa, a->len);
    }
    if (rc != 0) {
        udp->err = errno;
        close(udp->fd);
        udp->fd = -1;
        return LCO_IO_ERRNO;
    }
    return LCO_IO_OK;
}

static lco_io use_answer(lco_udp *udp)
{
    lco_ip_to_addr(&udp->target.addr, &udp->query.addrs[0], udp->target.port);
    return open_socket(udp);
}

static void on_resolved(lco_query *q, lco_io rc)
{
    lco_udp *udp = q->data;

    udp->err = q->err;
    end(udp, rc == LCO_IO_OK ? use_answer(udp) : rc);
}

lco_io lco_udp_open(lco_udp *udp, const lco_target *t, lco_udp_done *done)
{
    lco_io rc;

    lco_udp_close(udp);
    udp->target = *t;
    if (t->addr.len) {
        return open_socket(udp);
    }
    udp->query.done = on_resolved;
    udp->query.data = udp;
    rc = lco_resolve(udp->resolver, &udp->query, t->name);
    switch (rc) {
    case LCO_IO_OK:
        return use_answer(udp);
    case LCO_IO_WAIT:
        if (lco_timer_start(udp->loop, &udp->timer, udp->resolve_timeout)) {
            lco_resolve_cancel(&udp->query);
            return LCO_IO_NOMEM;
        }
        udp->done = done;
        return rc;
    default:
        udp->err = udp->query.err;
        return rc;
    }
}

lco_io lco_udp_send(lco_udp *udp, const char *data, size_t len)
{
    ssize_t n;

    do {
        n = send(udp->fd, data, len, MSG_NOSIGNAL);
    } while (n < 0 && errno == EINTR);
    if (n < 0) {
        udp->err = errno;
        return LCO_IO_ERRNO;
    }
    return LCO_IO_OK;
}

lco_io lco_udp_recv(lco_udp *udp, size_t size, lco_udp_done *done)
{
    lco_io rc;

    if (!udp->data) {
        udp->data = malloc(LCO_UDP_MAX);
        if (!udp->data) {
            return LCO_IO_NOMEM;
        }
    }
    udp->want = size < LCO_UDP_MAX ? size : LCO_UDP_MAX;
    rc = take(udp);
    if (rc != LCO_IO_WAIT) {
        return rc;
    }
    if (!udp->watch.armed) {
        udp->watch.fd = udp->fd;
        udp->watch.events = EPOLLIN | EPOLLET;
        if (lco_watch_start(udp->loop, &udp->watch) != 0) {
            udp->err = errno;
            return LCO_IO_ERRNO;
        }
    }
    if (lco_timer_start(udp->loop, &udp->timer, udp->read_timeout) != 0) {
        return LCO_IO_NOMEM;
    }
    udp->done = done;
    return LCO_IO_WAIT;
}

void lco_udp_cancel(lco_udp *udp)
{
    udp->done = NULL;
    lco_timer_stop(udp->loop, &udp->timer);
    lco_resolve_cancel(&udp->query);
}

void lco_udp_close(lco_udp *udp)
{
    lco_resolve_cancel(&udp->query);
    if (udp->fd >= 0) {
        lco_watch_stop(udp->loop, &udp->watch);
        close(udp->fd);
        udp->fd = -1;
    }
    end(udp, LCO_IO_CLOSED);
}

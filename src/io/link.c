/* One connection's descriptor.
 *
 * The hard thing is the edge-triggered registration: an event is told once,
 * and is then remembered in `readable` and `writable` until a system call has
 * shown that there is nothing more.  A read that gave less than was asked for
 * has emptied the socket, unless the peer's end of stream is behind it, which
 * `hup` says.
 */
#include "io/link.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include "io/tls.h"

static void on_event(lco_loop *loop, lco_watch *w, unsigned revents)
{
    lco_link *l = w->data;

    (void) loop;
    if (revents & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) {
        l->hup = 1;
    }
    if (revents & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) {
        l->readable = 1;
    }
    if (revents & (EPOLLOUT | EPOLLHUP | EPOLLERR)) {
        l->writable = 1;
    }
    if (l->on_ready) {
        l->on_ready(l, l->user);
    }
}

/* A socket, or -1 with errno.  The last descriptors that the process may have
 * are left to httpd, whose child would end if it could accept no connection:
 * a script that wants more gets EMFILE, and the server goes on.  The lowest
 * free number is given out, so that a number says how many are in use. */
int lco_socket(int family, int type)
{
    int fd = socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    struct rlimit limit;
    rlim_t left;

    if (fd >= LCO_FD_RESERVE && getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        left = limit.rlim_cur / 16;
        left = left < LCO_FD_RESERVE ? LCO_FD_RESERVE : left;
        if ((rlim_t) fd >= limit.rlim_cur - left) {
            close(fd);
            errno = EMFILE;
            return -1;
        }
    }
    return fd;
}

static int bind_local(int fd, const lco_addr *local)
{
#ifdef IP_BIND_ADDRESS_NO_PORT
    const struct sockaddr_in *sin = (const void *) &local->u;
    int one = 1;

    /* The port is chosen by connect(), so that many may have the same one
     * towards different peers.  sin_port is where sin6_port is. */
    if (sin->sin_port == 0) {
        (void) setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one,
                          sizeof(one));
    }
#endif
    return bind(fd, &local->u.sa, local->len);
}

lco_link *lco_link_connect(lco_loop *loop, const lco_addr *addr,
                           const lco_addr *local, int *connected)
{
    lco_link *l = calloc(1, sizeof(*l));
    int err, rc;

    if (!l) {
        errno = ENOMEM;
        return NULL;
    }
    l->fd = lco_socket(addr->u.sa.sa_family, SOCK_STREAM);
    if (l->fd < 0) {
        goto failed;
    }
    if (local && !lco_addr_is_unix(addr) && bind_local(l->fd, local) != 0) {
        goto failed;
    }
    l->loop = loop;
    l->is_unix = lco_addr_is_unix(addr) ? 1 : 0;
    l->readable = l->writable = 1;
    l->nodelay = l->is_unix;
    l->watch.fd = l->fd;
    l->watch.fn = on_event;
    l->watch.data = l;
    lco_timer_init(&l->idle_timer, NULL, l);
    do {
        rc = connect(l->fd, &addr->u.sa, addr->len);
    } while (rc != 0 && errno == EINTR);
    *connected = rc == 0;
    if (rc != 0 && errno != EINPROGRESS) {
        goto failed;
    }
    return l;

failed:
    err = errno;
    if (l->fd >= 0) {
        close(l->fd);
    }
    free(l);
    errno = err;
    return NULL;
}

int lco_link_error(const lco_link *l)
{
    int err = 0;
    socklen_t len = sizeof(err);

    if (getsockopt(l->fd, SOL_SOCKET, SO_ERROR, &err, &len) != 0) {
        err = errno;
    }
    return err;
}

void lco_link_close(lco_link *l)
{
    if (l->ops) {
        l->on_ready = NULL;
        l->user = NULL;
        l->ops->close(l);
        return;
    }
    lco_timer_stop(l->loop, &l->idle_timer);
    lco_tls_close(l);
    lco_watch_stop(l->loop, &l->watch);
    close(l->fd);
    free(l->spare);
    free(l);
}

int lco_link_watch(lco_link *l, int writing)
{
    const unsigned in = EPOLLIN | EPOLLRDHUP | EPOLLET;

    if (l->ops) {
        return 0;
    }
    if (!l->watch.armed) {
        /* A file socket tells of room whenever its peer reads: a wake-up for
         * nothing where nobody waits for it. */
        l->watch.events = in;
        if (writing || !l->is_unix) {
            l->watch.events |= EPOLLOUT;
        }
        /* The first event says whether there is something by now. */
        l->readable = 0;
        return lco_watch_start(l->loop, &l->watch);
    }
    if (writing && !(l->watch.events & EPOLLOUT)) {
        l->watch.events |= EPOLLOUT;
        return lco_watch_start(l->loop, &l->watch);
    }
    return 0;
}

int lco_link_again(lco_link *l)
{
    if (l->ops) {
        return 0;
    }
    if (!l->watch.armed) {
        return lco_link_watch(l, 0);
    }
    return lco_watch_start(l->loop, &l->watch);
}

ssize_t lco_link_recv(lco_link *l, void *buf, size_t len)
{
    ssize_t n;

    if (l->ops) {
        return l->ops->recv(l, buf, len);
    }
    if (l->tls) {
        return lco_tls_recv(l, buf, len);
    }
    if (!l->readable) {
        errno = EAGAIN;
        return -1;
    }
    do {
        n = recv(l->fd, buf, len, 0);
    } while (n < 0 && errno == EINTR);
    if (n < 0) {
        if (errno == EWOULDBLOCK) {
            errno = EAGAIN;
        }
        if (errno == EAGAIN) {
            l->readable = 0;
        }
    }
    else if (n > 0 && (size_t) n < len && l->watch.armed && !l->hup) {
        l->readable = 0;
    }
    return n;
}

static void set_nodelay(lco_link *l)
{
    int one = 1;

    (void) setsockopt(l->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    l->nodelay = 1;
}

ssize_t lco_link_send(lco_link *l, const void *buf, size_t len)
{
    ssize_t n;

    if (l->ops) {
        return l->ops->send(l, buf, len);
    }
    if (!l->nodelay) {
        set_nodelay(l);
    }
    if (l->tls) {
        return lco_tls_send(l, buf, len);
    }
    if (!l->writable) {
        errno = EAGAIN;
        return -1;
    }
    do {
        n = send(l->fd, buf, len, MSG_NOSIGNAL);
    } while (n < 0 && errno == EINTR);
    if (n < 0) {
        if (errno == EWOULDBLOCK) {
            errno = EAGAIN;
        }
        if (errno == EAGAIN) {
            l->writable = 0;
        }
    }
    return n;
}

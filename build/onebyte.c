/* Preloaded into httpd by `make onebyte`: each read and each write of a
 * cosocket moves one byte, and every other one gives EAGAIN first.
 *
 * A stream socket is a cosocket's if this process has connected it.  EAGAIN
 * that is not true would wait for ever on an edge-triggered poller, so that
 * the socket's registration is renewed, which tells of its state again.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

#define FDS 65536

/* By descriptor; each is used inside one VM. */
static struct {
    char ours, refuse_read, refuse_write, registered;
    int epfd;
    struct epoll_event ev;
} fds[FDS];

static void *real(const char *name)
{
    return dlsym(RTLD_NEXT, name);
}

/* A declaration cannot stand in parentheses.
 * NOLINTBEGIN(bugprone-macro-parentheses) */
#define REAL(name)                                                             \
    static __typeof__(&name) real_##name;                                      \
    if (!real_##name) {                                                        \
        void *found = real(#name);                                             \
        memcpy(&real_##name, &found, sizeof(found));                           \
    }
/* NOLINTEND(bugprone-macro-parentheses) */

static int is_ours(int fd)
{
    return fd >= 0 && fd < FDS && fds[fd].ours;
}

int epoll_ctl(int epfd, int op, int fd, struct epoll_event *ev)
{
    int rc;

    REAL(epoll_ctl)
    rc = real_epoll_ctl(epfd, op, fd, ev);
    if (rc == 0 && fd >= 0 && fd < FDS) {
        fds[fd].registered = op != EPOLL_CTL_DEL;
        if (ev) {
            fds[fd].epfd = epfd;
            fds[fd].ev = *ev;
        }
    }
    return rc;
}

static void renew(int fd)
{
    int err = errno;

    REAL(epoll_ctl)
    if (fds[fd].registered) {
        (void) real_epoll_ctl(fds[fd].epfd, EPOLL_CTL_MOD, fd, &fds[fd].ev);
    }
    errno = err;
}

int connect(int fd, const struct sockaddr *addr, socklen_t len)
{
    int type = 0;
    socklen_t size = sizeof(type);

    REAL(connect)
    if (fd >= 0 && fd < FDS &&
        getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 &&
        type == SOCK_STREAM) {
        fds[fd].ours = 1;
        fds[fd].refuse_read = fds[fd].refuse_write = 1;
        fds[fd].registered = 0;
    }
    return real_connect(fd, addr, len);
}

int close(int fd)
{
    REAL(close)
    if (fd >= 0 && fd < FDS) {
        fds[fd].ours = fds[fd].registered = 0;
    }
    return real_close(fd);
}

/* Is it this call's turn to give EAGAIN? */
static int refuses(int fd, char *flag)
{
    *flag = (char) !*flag;
    if (*flag) {
        return 0;
    }
    errno = EAGAIN;
    renew(fd);
    return 1;
}

ssize_t recv(int fd, void *buf, size_t len, int flags)
{
    ssize_t n;

    REAL(recv)
    if (!is_ours(fd) || len == 0) {
        return real_recv(fd, buf, len, flags);
    }
    if (refuses(fd, &fds[fd].refuse_read)) {
        return -1;
    }
    n = real_recv(fd, buf, 1, flags);
    if (n == 1) {
        renew(fd);
    }
    return n;
}

ssize_t read(int fd, void *buf, size_t len)
{
    ssize_t n;

    REAL(read)
    if (!is_ours(fd) || len == 0) {
        return real_read(fd, buf, len);
    }
    if (refuses(fd, &fds[fd].refuse_read)) {
        return -1;
    }
    n = real_read(fd, buf, 1);
    if (n == 1) {
        renew(fd);
    }
    return n;
}

ssize_t send(int fd, const void *buf, size_t len, int flags)
{
    REAL(send)
    if (!is_ours(fd) || len == 0) {
        return real_send(fd, buf, len, flags);
    }
    return refuses(fd, &fds[fd].refuse_write) ? -1
                                              : real_send(fd, buf, 1, flags);
}

ssize_t write(int fd, const void *buf, size_t len)
{
    REAL(write)
    if (!is_ours(fd) || len == 0) {
        return real_write(fd, buf, len);
    }
    return refuses(fd, &fds[fd].refuse_write) ? -1 : real_write(fd, buf, 1);
}

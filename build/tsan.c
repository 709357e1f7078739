/* Preloaded before the thread sanitizer's runtime: what that does not see of
 * libraries that are not instrumented.
 *
 * APR's atomic operations order memory for httpd (the stack of pools that the
 * event MPM gives from one connection to the next lives on them).  Here they
 * are the compiler's, which the runtime knows.
 *
 * httpd's threads hand descriptors to each other by means that the runtime
 * does not know either, and at a hard stop the main thread closes what the
 * workers still read.  What the libraries do with one descriptor is ordered
 * here; calls from the module are passed on as they are, so that a descriptor
 * which httpd closes under our hands is still reported.  For that this library
 * stands before the runtime.
 *
 * Debian's Lua is built with _FORTIFY_SOURCE and raises errors by
 * __longjmp_chk(), which gcc 12's runtime does not know: the frames that an
 * error leaves stayed on its own stack, reports showed calls that never were
 * and every allocation kept an ever longer trace. */
#undef _FORTIFY_SOURCE
#include <apr_atomic.h>

#include <dlfcn.h>
#include <setjmp.h>
#include <stddef.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

_Noreturn void __longjmp_chk(struct __jmp_buf_tag *env, int value);

_Noreturn void __longjmp_chk(struct __jmp_buf_tag *env, int value)
{
    longjmp(env, value);
}

#define ORDER __ATOMIC_SEQ_CST

/* A type cannot stand in parentheses.
 * NOLINTBEGIN(bugprone-macro-parentheses) */
#define ATOMICS(type, bits)                                                    \
    type apr_atomic_read##bits(volatile type *mem)                             \
    {                                                                          \
        return __atomic_load_n(mem, ORDER);                                    \
    }                                                                          \
    void apr_atomic_set##bits(volatile type *mem, type value)                  \
    {                                                                          \
        __atomic_store_n(mem, value, ORDER);                                   \
    }                                                                          \
    type apr_atomic_add##bits(volatile type *mem, type value)                  \
    {                                                                          \
        return __atomic_fetch_add(mem, value, ORDER);                          \
    }                                                                          \
    void apr_atomic_sub##bits(volatile type *mem, type value)                  \
    {                                                                          \
        __atomic_fetch_sub(mem, value, ORDER);                                 \
    }                                                                          \
    type apr_atomic_inc##bits(volatile type *mem)                              \
    {                                                                          \
        return __atomic_fetch_add(mem, 1, ORDER);                              \
    }                                                                          \
    int apr_atomic_dec##bits(volatile type *mem)                               \
    {                                                                          \
        return __atomic_sub_fetch(mem, 1, ORDER) != 0;                         \
    }                                                                          \
    type apr_atomic_cas##bits(volatile type *mem, type with, type cmp)         \
    {                                                                          \
        __atomic_compare_exchange_n(mem, &cmp, with, 0, ORDER, ORDER);         \
        return cmp;                                                            \
    }                                                                          \
    type apr_atomic_xchg##bits(volatile type *mem, type value)                 \
    {                                                                          \
        return __atomic_exchange_n(mem, value, ORDER);                         \
    }
/* NOLINTEND(bugprone-macro-parentheses) */

ATOMICS(apr_uint32_t, 32)
ATOMICS(apr_uint64_t, 64)

void *apr_atomic_casptr(volatile void **mem, void *with, const void *cmp)
{
    volatile void *found = (volatile void *) cmp;

    __atomic_compare_exchange_n(mem, &found, with, 0, ORDER, ORDER);
    return (void *) found;
}

void *apr_atomic_xchgptr(volatile void **mem, void *with)
{
    return (void *) __atomic_exchange_n(mem, with, ORDER);
}

/* ---- descriptors ---- */

void __tsan_acquire(void *addr);
void __tsan_release(void *addr);

enum {
    FDS = 65536
};
static char order_of[FDS];

static void *find_next(void **cache, const char *name)
{
    void *found = __atomic_load_n(cache, __ATOMIC_ACQUIRE);

    if (!found) {
        found = dlsym(RTLD_NEXT, name);
        __atomic_store_n(cache, found, __ATOMIC_RELEASE);
    }
    return found;
}

/* Does this address lie in the module? */
static int is_ours(const void *address)
{
    Dl_info info;

    return dladdr(address, &info) && info.dli_fname &&
           strstr(info.dli_fname, "mod_luaco") != NULL;
}

static void before(int fd)
{
    if (fd >= 0 && fd < FDS) {
        __tsan_acquire(&order_of[fd]);
    }
}

static void after(int fd)
{
    if (fd >= 0 && fd < FDS) {
        __tsan_release(&order_of[fd]);
    }
}

/* TYPE NAME PARAMS, which acts on descriptor FD and is called with ARGS.
 * NOLINTBEGIN(bugprone-macro-parentheses) */
#define ORDERED(type, name, params, args, fd)                                  \
    type name params                                                           \
    {                                                                          \
        static void *cache;                                                    \
        type(*next) params = (type(*) params) find_next(&cache, #name);        \
        type rc;                                                               \
                                                                               \
        if (is_ours(__builtin_return_address(0))) {                            \
            return next args;                                                  \
        }                                                                      \
        before(fd);                                                            \
        rc = next args;                                                        \
        after(fd);                                                             \
        return rc;                                                             \
    }
/* NOLINTEND(bugprone-macro-parentheses) */

ORDERED(int, close, (int fd), (fd), fd)
ORDERED(ssize_t, read, (int fd, void *buf, size_t n), (fd, buf, n), fd)
ORDERED(ssize_t, write, (int fd, const void *buf, size_t n), (fd, buf, n), fd)
ORDERED(ssize_t, writev, (int fd, const struct iovec *v, int n), (fd, v, n), fd)
ORDERED(int, shutdown, (int fd, int how), (fd, how), fd)
ORDERED(int, epoll_ctl, (int ep, int op, int fd, struct epoll_event *ev),
        (ep, op, fd, ev), fd)

/* These make a descriptor, whose number may have been another one's. */
int accept4(int fd, __SOCKADDR_ARG addr, socklen_t *len, int flags)
{
    static void *cache;
    int (*next)(int, __SOCKADDR_ARG, socklen_t *, int) =
        (int (*)(int, __SOCKADDR_ARG, socklen_t *, int)) find_next(&cache,
                                                                   "accept4");
    int made;

    before(fd);
    made = next(fd, addr, len, flags);
    after(fd);
    after(made);
    return made;
}

int socket(int domain, int type, int protocol)
{
    static void *cache;
    int (*next)(int, int, int) =
        (int (*)(int, int, int)) find_next(&cache, "socket");
    int made = next(domain, type, protocol);

    after(made);
    return made;
}

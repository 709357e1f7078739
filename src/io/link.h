/* A connection: descriptor, registration with the poller, what is known of its
 * readiness.
 *
 * A link is malloc'ed when a connection is made and lives until it is closed.
 * It is used by one lco_tcp at a time, or lies idle in a pool: its descriptor
 * stays registered, edge-triggered, all the while, so that to reuse it costs
 * no system call.  Readiness is remembered: what is known to give EAGAIN is
 * not asked.
 *
 * Thread: with the VM entered; on_ready is called on the loop thread.
 */
#ifndef LCO_IO_LINK_H
#define LCO_IO_LINK_H

#include <sys/queue.h>
#include <sys/types.h>

#include "io/addr.h"
#include "loop/loop.h"

typedef struct lco_link lco_link;
typedef struct lco_pool lco_pool;
typedef struct lco_tls lco_tls;

/* A link that is no socket of ours: the client of a request (req/down.c).
 * Both functions are as lco_link_recv() and _send(); who made the link calls
 * its on_ready. */
typedef struct lco_link_ops {
    ssize_t (*recv)(lco_link *l, void *buf, size_t len);
    ssize_t (*send)(lco_link *l, const void *buf, size_t len);
    /* Nobody uses it any more; its memory is its maker's. */
    void (*close)(lco_link *l);
} lco_link_ops;

struct lco_link {
    const lco_link_ops *ops; /* NULL: a socket, which all else is about */
    int fd;
    lco_loop *loop;
    lco_watch watch;
    unsigned reused;       /* how often it came out of a pool */
    unsigned is_unix : 1;  /* a socket file's */
    unsigned readable : 1; /* a read may give something */
    unsigned writable : 1;
    unsigned hup : 1;         /* the peer sends no more: read to the end */
    unsigned nodelay : 1;     /* TCP_NODELAY is set, or not wanted */
    unsigned cross_read : 1;  /* TLS: a read waits for room ... */
    unsigned cross_write : 1; /* ... a write for data */
    lco_tls *tls;             /* NULL: plain */
    /* The user's: an event has changed what is ready. */
    void (*on_ready)(lco_link *l, void *user);
    void *user;
    unsigned char *spare; /* an empty buffer of its last user, or NULL */
    size_t spare_size;
    /* connpool.c */
    lco_pool *pool;
    TAILQ_ENTRY(lco_link) idle;
    lco_timer idle_timer;
};

/* Descriptors that scripts' sockets leave to httpd, at least: a sixteenth of
 * what the process may have is. */
#define LCO_FD_RESERVE 64

/* A socket for a script, non-blocking; -1 with errno. */
int lco_socket(int family, int type);

/* A socket for ADDR, bound to LOCAL (may be NULL), connecting.  Returns NULL
 * with errno; *CONNECTED says whether it is there already. */
lco_link *lco_link_connect(lco_loop *loop, const lco_addr *addr,
                           const lco_addr *local, int *connected);

/* What connecting came to: 0 or an errno. */
int lco_link_error(const lco_link *l);

/* Deregisters, closes, frees. */
void lco_link_close(lco_link *l);

/* Registers it if it is not; 0 or -1 with errno.  WRITING: events of the
 * sending side are wanted too; those of a TCP socket come anyway. */
int lco_link_watch(lco_link *l, int writing);

/* Has its readiness looked at anew: on_ready comes in the loop's next turn.
 * 0 or -1 with errno. */
int lco_link_again(lco_link *l);

/* Is a try to read, to send, worth while? */
static inline int lco_link_can_read(const lco_link *l)
{
    return l->readable || (l->cross_read && l->writable);
}
static inline int lco_link_can_send(const lco_link *l)
{
    return l->writable || (l->cross_write && l->readable);
}

/* Reads into BUF, LEN > 0.  Returns how much (0: end), or -1 with errno,
 * EAGAIN where on_ready will come.  The link must be watched after EAGAIN. */
ssize_t lco_link_recv(lco_link *l, void *buf, size_t len);
/* The same for sending. */
ssize_t lco_link_send(lco_link *l, const void *buf, size_t len);

#endif

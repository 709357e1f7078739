/* TCP and socket file connections for scripts: connect, read, send, close.
 *
 * A handle has one slot for reading and one for sending or connecting; both
 * may be waiting at a time.  Each operation ends as io.h says.  The caller
 * looks after that a slot is not used twice.
 *
 * Memory: the handle belongs to the caller (lco_tcp_init, lco_tcp_free), who
 * may put it anywhere that does not move.
 *
 * Thread: with the VM entered; `done` on the loop thread, or in a call that
 * ends the operation.
 */
#ifndef LCO_IO_TCP_H
#define LCO_IO_TCP_H

#include <stdint.h>
#include <sys/queue.h>

#include "io/addr.h"
#include "io/io.h"
#include "io/link.h"
#include "io/resolver.h"
#include "io/tls.h"
#include "io/until.h"
#include "loop/loop.h"

typedef struct lco_tcp lco_tcp;
typedef void lco_tcp_done(lco_tcp *tcp, lco_io result);

typedef enum lco_tcp_state {
    LCO_TCP_CLOSED, /* also at first */
    LCO_TCP_QUEUED, /* waits for its turn in a pool with a backlog */
    LCO_TCP_RESOLVING,
    LCO_TCP_CONNECTING,
    LCO_TCP_HANDSHAKING,
    LCO_TCP_OPEN
} lco_tcp_state;

typedef enum lco_read_kind {
    LCO_READ_LINE, /* without its end; carriage returns are left out */
    LCO_READ_SIZE, /* exactly so many bytes */
    LCO_READ_ALL,  /* up to the peer's end */
    LCO_READ_ANY,  /* what there is, so many bytes at most */
    LCO_READ_UNTIL
} lco_read_kind;

/* What is needed to connect: malloc'ed, since it is large, and many sockets
 * get a connection out of a pool. */
typedef struct lco_dial {
    lco_target target;
    lco_query query;    /* the target's name, its addresses */
    int addr_at, tries; /* which of them is tried, how many are left */
} lco_dial;

struct lco_tcp {
    /* Settings, the caller's. */
    lco_usec connect_timeout, send_timeout, read_timeout;
    size_t buffer_size;     /* read at least so much at a time */
    lco_addr *local;        /* malloc'ed, NULL: not bound */
    lco_resolver *resolver; /* for names; NULL: they cannot be resolved */
    lco_usec resolve_timeout;
    void *owner;

    /* To be read. */
    lco_tcp_state state;
    int err; /* errno of an LCO_IO_ERRNO, LCO_DNS_* of an LCO_IO_RESOLVE */
    const char *tls_err; /* of an LCO_IO_TLS ... */
    long tls_code;       /* ... and the verification's number, or 0 */
    unsigned read_closed : 1;
    unsigned write_closed : 1;
    lco_link *link; /* from CONNECTING on */
    lco_pool *pool; /* that counts this connection, or NULL */

    /* Private. */
    lco_loop *loop;
    lco_dial *dial; /* of a connection that did not come from a pool */
    TAILQ_ENTRY(lco_tcp) queue; /* QUEUED: in the pool's list */

    lco_timer rtimer, wtimer;
    lco_tcp_done *rdone, *wdone; /* NULL: the slot does not wait */

    /* What was read and not yet handed out: data[start] to data[end]. */
    unsigned char *data;
    size_t start, end, cap;
    unsigned eof : 1;  /* the peer's end was read */
    unsigned late : 1; /* the last reading ended by its timeout */

    /* The reading that is under way or over; offsets from `start`. */
    lco_read_kind kind;
    size_t want; /* SIZE, ANY: bytes.  UNTIL: rest of the piece, 0: no pieces */
    size_t scan; /* looked at so far */
    lco_until *until;
    const lco_until *pending; /* whose `state` bytes begin the data */
    size_t result, eat;       /* length of the result, of what it was made of */

    char *out; /* what could not be sent at once */
    size_t out_len, out_pos;
};

void lco_tcp_init(lco_tcp *tcp, lco_loop *loop);
/* Closes and gives everything back but the handle's own memory. */
void lco_tcp_free(lco_tcp *tcp);

/* Connects a CLOSED handle to T, by way of POOL (NULL: none): an idle
 * connection of it is taken, or a place in its queue. */
lco_io lco_tcp_connect(lco_tcp *tcp, const lco_target *t, lco_pool *pool,
                       lco_tcp_done *done);

/* Makes an OPEN handle in which nothing waits a TLS connection.  A failure
 * closes it. */
lco_io lco_tcp_handshake(lco_tcp *tcp, SSL_CTX *ctx, const lco_tls_options *o,
                         lco_tcp_done *done);

/* Reads from an OPEN handle whose read_closed is not set.  N is for SIZE and
 * ANY; for UNTIL the size of a piece or 0.  U must stay while this
 * waits; it may be freed later.
 * After every result but WAIT (for TIMEOUT, CLOSED and ERRNO, too: the partial
 * result) lco_tcp_result() gives the data, until lco_tcp_eat(). */
lco_io lco_tcp_read(lco_tcp *tcp, lco_read_kind kind, size_t n, lco_until *u,
                    lco_tcp_done *done);
const char *lco_tcp_result(const lco_tcp *tcp, size_t *len);
void lco_tcp_eat(lco_tcp *tcp);
/* Does its slot for reading, for sending, wait? */
static inline int lco_tcp_is_reading(const lco_tcp *tcp)
{
    return tcp->rdone != NULL;
}
static inline int lco_tcp_is_sending(const lco_tcp *tcp)
{
    return tcp->wdone != NULL;
}
/* Is there data that was read and not handed out? */
int lco_tcp_has_unread(const lco_tcp *tcp);

/* Sends all of DATA on an OPEN handle whose write_closed is not set; copies
 * what has to wait.  LEN may be 0. */
lco_io lco_tcp_send(lco_tcp *tcp, const char *data, size_t len,
                    lco_tcp_done *done);

/* Takes a slot's waiting operation back: its `done` is not called. */
void lco_tcp_cancel_read(lco_tcp *tcp);
void lco_tcp_cancel_write(lco_tcp *tcp);

/* Closes; what waits ends with LCO_IO_CLOSED. */
void lco_tcp_close(lco_tcp *tcp);

/* Takes the link out of an OPEN handle in which nothing waits, which is CLOSED
 * then.  For connpool.c, as the next two. */
lco_link *lco_tcp_detach(lco_tcp *tcp);
/* Makes L the connection of TCP. */
void lco_tcp_attach(lco_tcp *tcp, lco_link *l);
/* It is TCP's turn in its pool: goes on to connect; `done` may be called. */
void lco_tcp_dequeued(lco_tcp *tcp, lco_link *idle);

/* Private to tcp*.c: */
void lco_tcp_on_readable(lco_tcp *tcp);
void lco_tcp_on_writable(lco_tcp *tcp);
void lco_tcp_end_read(lco_tcp *tcp, lco_io result);
void lco_tcp_end_write(lco_tcp *tcp, lco_io result);
void lco_tcp_drop_input(lco_tcp *tcp);

#endif

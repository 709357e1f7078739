/* Datagram sockets for scripts: a peer, sending, receiving.
 *
 * A handle has one slot, for the peer's name being resolved or a datagram
 * being waited for.  Operations end as io.h says.
 *
 * Memory: the handle belongs to the caller (lco_udp_init, lco_udp_free), who
 * may put it anywhere that does not move.
 *
 * Thread: with the VM entered; `done` on the loop thread, or in a call that
 * ends the operation.
 */
#ifndef LCO_IO_UDP_H
#define LCO_IO_UDP_H

#include "io/addr.h"
#include "io/io.h"
#include "io/resolver.h"
#include "loop/loop.h"

typedef struct lco_udp lco_udp;
typedef void lco_udp_done(lco_udp *udp, lco_io result);

/* The longest datagram that is received in full: any. */
#define LCO_UDP_MAX 65536

struct lco_udp {
    /* Settings, the caller's. */
    lco_usec read_timeout, resolve_timeout;
    lco_addr local; /* len 0: not bound */
    lco_resolver *resolver;
    void *owner;

    /* To be read. */
    int fd;  /* -1: closed */
    int err; /* errno of an LCO_IO_ERRNO, LCO_DNS_* of an LCO_IO_RESOLVE */
    lco_target target;
    char *data; /* the last datagram */
    size_t len;

    /* Private. */
    lco_loop *loop;
    lco_watch watch;
    lco_timer timer;
    lco_query query;
    lco_udp_done *done; /* NULL: the slot does not wait */
    size_t want;
};

void lco_udp_init(lco_udp *udp, lco_loop *loop);
/* Closes and gives everything back but the handle's own memory. */
void lco_udp_free(lco_udp *udp);

/* Makes T the peer; what was open before is closed. */
lco_io lco_udp_open(lco_udp *udp, const lco_target *t, lco_udp_done *done);
/* Sends one datagram; never waits.  OK or ERRNO (EAGAIN, too). */
lco_io lco_udp_send(lco_udp *udp, const char *data, size_t len);
/* Receives one, SIZE bytes of it at most: `data` and `len`. */
lco_io lco_udp_recv(lco_udp *udp, size_t size, lco_udp_done *done);

/* Takes the waiting operation back: `done` is not called. */
void lco_udp_cancel(lco_udp *udp);
/* Closes; what waits ends with LCO_IO_CLOSED. */
void lco_udp_close(lco_udp *udp);

#endif

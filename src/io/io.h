/* What an operation of io/ comes to.
 *
 * An operation returns its result at once where no waiting is needed; else it
 * returns LCO_IO_WAIT and the `done` function given with it is called exactly
 * once with the result, from the loop thread or from a call that ended it
 * (lco_tcp_close), never from the call that began it.
 *
 * Thread: everything of io/ runs with the VM entered.
 */
#ifndef LCO_IO_IO_H
#define LCO_IO_IO_H

typedef enum lco_io {
    LCO_IO_OK,
    LCO_IO_WAIT,
    LCO_IO_TIMEOUT,
    LCO_IO_CLOSED, /* the peer has closed, or lco_tcp_close() was called */
    LCO_IO_NOMEM,
    LCO_IO_ERRNO,   /* the handle's `err` is an errno */
    LCO_IO_FULL,    /* connect: no place in the pool's queue */
    LCO_IO_RESOLVE, /* connect: the handle's `err` is an LCO_DNS_* */
    LCO_IO_TLS      /* handshake: the handle says what went wrong */
} lco_io;

#endif

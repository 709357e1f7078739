/* Pools of idle connections, one set per VM, and the queues of those who wait
 * for a place.
 *
 * A pool has a key, a size and perhaps a backlog.  It counts the connections
 * that are in use and idle.  Without a backlog any number may be in use, and
 * at most `size` lie idle; with one, at most `size` exist at a time, `backlog`
 * more may wait for one, in order.  A pool is gone when it counts none.
 *
 * Thread: with the VM entered.
 */
#ifndef LCO_IO_CONNPOOL_H
#define LCO_IO_CONNPOOL_H

#include "io/io.h"
#include "io/tcp.h"

typedef struct lco_pools lco_pools;

lco_pools *lco_pools_new(lco_loop *loop); /* NULL: no memory */
/* Closes what is idle; the set goes when its last connection does. */
void lco_pools_close(lco_pools *set);

/* The pool of that key, or NULL. */
lco_pool *lco_pool_find(lco_pools *set, const char *key, size_t len);
/* Makes a pool; SIZE > 0, BACKLOG < 0: none.  NULL: no memory.  One that no
 * connection was counted in is freed by lco_pool_tidy(). */
lco_pool *lco_pool_make(lco_pools *set, const char *key, size_t len, int size,
                        int backlog);
void lco_pool_tidy(lco_pool *p);

/* For tcp.c.  OK: *L is an idle connection, or NULL: connect; counted either
 * way.  WAIT: TCP is in the queue.  FULL: it is not. */
lco_io lco_pool_enter(lco_pool *p, lco_tcp *tcp, lco_link **l);
/* A waiting TCP leaves the queue without having had its turn. */
void lco_pool_unqueue(lco_pool *p, lco_tcp *tcp);
/* A counted connection is gone: the next one's turn. */
void lco_pool_leave(lco_pool *p);

/* Puts the connection of TCP, which is OPEN and waits for nothing, into P for
 * IDLE microseconds (0: for ever).  Returns OK, or CLOSED if the peer has
 * closed or sent something, which closes it.  One whose last reading ran into
 * its timeout is closed, too, and it is OK: an answer is still to come, perhaps
 * not before the next user has asked. */
lco_io lco_pool_keep(lco_pool *p, lco_tcp *tcp, lco_usec idle);

/* For tests. */
unsigned lco_pools_count(const lco_pools *set);
unsigned lco_pool_idle(const lco_pool *p);
unsigned lco_pool_waiting(const lco_pool *p);

#endif

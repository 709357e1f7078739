/* What the module knows of one client connection: two sockets, one parking
 * descriptor, one state word.  design.md section 2 and the twenty rules of
 * parking.md are implemented here and in park.c.
 *
 * The record is malloc'ed (rule 17: nothing the loop can reach lives in
 * c->pool) and freed by a pre-cleanup of c->pool on whatever thread destroys
 * the connection, after it was taken from the loop.
 *
 * Lock order: VM lock, then conn->lock (a leaf).
 */
#ifndef LCO_REQ_CONN_H
#define LCO_REQ_CONN_H

#include <pthread.h>
#include <sys/queue.h>

#include "req/req.h"

/* Who owns (c, r).  Changed under conn->lock.
 *   WORKER  a worker thread, or the MPM (idle, keep-alive)
 *   PARKED  the VM's loop thread; the MPM polls the parking descriptor
 *   WAKING  nobody: the parking descriptor is readable, a worker will come
 *   ARMED   nobody: the request was finished on the loop, the client's next
 *           bytes (or the sweep) bring a worker */
typedef enum lco_conn_state {
    LCO_CONN_WORKER,
    LCO_CONN_PARKED,
    LCO_CONN_WAKING,
    LCO_CONN_ARMED
} lco_conn_state;

struct lco_conn {
    conn_rec *c;
    lco_vm *vm; /* owner; NULL until the first Lua, then for life (rule 12) */

    /* Worker that holds the connection (rule 4). */
    apr_socket_t *mpm_sock; /* the MPM polls and closes this one */
    apr_socket_t *io_sock;  /* the filters read and write this one (a dup) */
    int mpm_fd;             /* the number mpm_sock came with */
    int io_fd;
    int ep_fd;                /* parking descriptor, -1 until the first park */
    conn_state_t *mpm_cs;     /* the MPM's record (rule 10) */
    conn_state_t own_cs;      /* c->cs while the loop owns c */
    unsigned on_ep : 1;       /* mpm_sock points at ep_fd (rule 3) */
    unsigned armed : 1;       /* a park was asked for on this worker */
    unsigned was_aborted : 1; /* c->aborted, which park() hides (rule 7) */
    lco_usec parked_since;    /* since when the MPM counts Timeout */

    /* Owner. */
    lco_req *req;          /* the request that is, or is about to be, parked */
    lco_req *spare_req;    /* memory for the next one, or NULL */
    unsigned nonblock : 1; /* the gate filter keeps flushes from the core */
    unsigned wrote : 1;    /* a piece went to the core since the last wait */
    apr_bucket_brigade *held; /* what the gate holds back, or NULL */
    apr_bucket_brigade *gate_bb;
    apr_size_t in_core; /* the gate's: bytes in the core filter, at most */

    pthread_mutex_t lock;
    pthread_cond_t cond;       /* a reclaiming worker waits here */
    lco_conn_state state;      /* lock */
    unsigned io_in_ep : 1;     /* lock: io_fd is in ep_fd */
    unsigned wake_pending : 1; /* lock: a wake came before the hand-over */
    unsigned driving : 1;      /* lock: the loop works on it, VM maybe left */
    unsigned reclaim : 1;      /* lock: a worker waits for `driving` to end */

    /* In VM. */
    lco_watch watch;       /* io_fd: writable, or the client gone */
    lco_usec armed_since;  /* idle, see LCO_CONN_ARMED */
    lco_usec slow_since;   /* the client takes nothing since then; 0: it does */
    unsigned writable : 1; /* the client took something since the last wait */
    unsigned in_parked : 1;
    unsigned want_worker : 1; /* waking failed: try again */
    unsigned client_gone : 1;
    unsigned send_timeout : 1; /* slow_since is Timeout ago */
    lco_req *waiter;           /* a thread waits for this request in itself */
    TAILQ_ENTRY(lco_conn) parked_link;
    atomic_int *ready_use; /* count of the shared readable descriptor */
    int ready_fd;          /* which is in ep_fd now, or -1 */

    LIST_ENTRY(lco_conn) all_link; /* lco_conn_all lock */
};

/* process_connection, first of all hooks.  Splits the sockets of a fresh
 * connection, runs the other hooks nested, parks, and goes on with a request
 * that comes back. */
int lco_conn_process(conn_rec *c);
/* suspend_connection, last: the hand-over to the loop. */
void lco_conn_suspend(conn_rec *c, request_rec *r);
/* resume_connection, first: takes the connection from the loop if the MPM
 * took it back without being asked (expiry). */
void lco_conn_resume(conn_rec *c, request_rec *r);
/* pre_close_connection, first: points the MPM's socket back, ends what was
 * parked. */
int lco_conn_pre_close(conn_rec *c);

/* post_config: can this MPM park at all? */
void lco_conn_setup(server_rec *s);
int lco_conn_can_waitio(void);
/* The least Timeout of all servers: which of them the MPM takes for a parked
 * connection it does not say. */
apr_interval_time_t lco_conn_least_timeout(void);
/* child_init; 0 if a descriptor is missing. */
int lco_conn_child_init(void);
/* child_stopping(graceful = 0), any thread, takes no lock but the list's:
 * ends all traffic of the connections so that nobody blocks on a client. */
void lco_conn_shutdown_all(void);

/* May the request that this worker runs be parked?  (rule 20) */
int lco_conn_can_park(request_rec *r);
/* Any thread. */
lco_conn_state lco_conn_state_of(lco_conn *conn);
/* The record of c, NULL if it has none. */
lco_conn *lco_conn_get(conn_rec *c);

/* Owner worker: makes everything ready so that returning SUSPENDED will park
 * conn->req.  Returns 0 if it cannot (descriptors): wait in the thread then. */
int lco_conn_arm(lco_conn *conn);

/* [in VM], owner loop: gives the connection back to the MPM, whose next free
 * worker goes on with it. */
void lco_conn_wake_mpm(lco_conn *conn);

/* [in VM], any thread: REQ has something to run.  Returns after having told
 * whoever owns it. */
void lco_conn_notify(lco_conn *conn, lco_req *req);

/* [in VM]  Watches the client's socket for EVENTS (epoll's); what happens
 * notifies conn->req and ends the watch.  0 if it could not be armed. */
int lco_conn_watch(lco_conn *conn, unsigned events);
void lco_conn_unwatch(lco_conn *conn);
/* [in VM]  The connection is parked or about to be: the sweep looks after
 * it. */
void lco_conn_note_parked(lco_conn *conn);
void lco_conn_forget_parked(lco_conn *conn);
/* [in VM]  How often lco_conn_sweep() wants to be called. */
lco_usec lco_conn_sweep_time(void);
/* [in VM], loop: parks again what was parked for half of Timeout, tries again
 * what got no descriptor, gives up clients that take nothing for Timeout. */
void lco_conn_sweep(lco_vm *vm);

/* [in VM], loop: after a drive.  The request still waits / the connection is
 * idle and waits for its next request with the MPM polling for us. */
void lco_conn_keep(lco_conn *conn);
void lco_conn_arm_idle(lco_conn *conn);
/* [in VM], loop: hands all idle connections to the MPM's own keep-alive queue
 * (rule 16). */
void lco_conn_release_idle(lco_vm *vm);

/* The registration of the gate output filter (req/gate.c). */
void lco_gate_register(void);
int lco_gate_open(lco_conn *conn);
/* Owner: pushes what the gate or the core filter still hold, not blocking.
 * Returns 1 if nothing is left, 0 if the client must read first, -1 if it is
 * gone. */
int lco_gate_push(lco_conn *conn);
/* A worker: gives the core what the gate still holds, since the MPM flushes
 * only the core. */
void lco_gate_release(lco_conn *conn);

#endif

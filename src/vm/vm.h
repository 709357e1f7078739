/* A Lua VM: one lua_State, its lock, its loop thread, its code cache.
 *
 * VMs are made in the parent (post_config), with LuaCoInit run; the loop
 * threads start in child_init.  Nobody touches a VM's Lua state, scheduler,
 * timers or watches without having entered it.  The one door is
 * lco_vm_enter()/lco_vm_leave(), not recursive.  Nothing done inside may block
 * or call httpd's filters, subrequests or body reads.
 * Lock order: VM, then a leaf (connection state, mailbox).
 */
#ifndef LCO_VM_H
#define LCO_VM_H

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/queue.h>

#include <apr_pools.h>
#include <apr_thread_proc.h>
#include <httpd.h>
#include <scoreboard.h>

#include "httpd/conf.h"
#include "loop/loop.h"
#include "sched/run.h"

typedef struct lco_vm lco_vm;
typedef struct lco_req lco_req;
typedef struct lco_block lco_block;
typedef struct lco_slot lco_slot;

/* A function in use, lco_vm_take_code().  All zero: none. */
typedef struct lco_code_use {
    int slot;
    int ref; /* registry reference */
} lco_code_use;

enum {
    LCO_ALLOC_CLASSES = 64 /* of small blocks: up to 1,016 bytes */
};

typedef enum lco_stop {
    LCO_STOP_NONE,
    LCO_STOP_GRACEFUL, /* waiting requests may end by themselves */
    LCO_STOP_NOW       /* they are ended */
} lco_stop;

struct lco_vm {
    lua_State *L;         /* in VM */
    lco_sched *sched;     /* in VM */
    lco_loop *loop;       /* set before the threads start */
    lco_req *cur;         /* in VM: the request whose Lua is running, or NULL */
    lco_phase boot_phase; /* in VM: Init.. while no request is current */
    lco_usec boot_since;  /* in VM: when code of such a phase began, or 0 */
    int id;               /* in this child, from 0; set before threads start */
    void *sock_io;        /* in VM: what cosockets share, api/sock.c's */

    pthread_mutex_t lock;
    pthread_mutex_t queue; /* workers line up here, the loop does not */
    atomic_int loop_wants; /* the loop thread waits for the lock */
    atomic_uint at_door;   /* the worker that waits for the lock; 0: none */
    unsigned last_door;    /* under queue: the last one given */
    unsigned seen_door;    /* loop thread: who stood there a turn ago */
    int entered;           /* under lock: asserts the door */
    apr_thread_t *thread_handle; /* child_init's, to join it */
    apr_thread_t *thread;        /* loop thread only */
    apr_pool_t *pool;            /* loop thread's own, own allocator */
    int running;                 /* main thread: the loop thread exists */
    atomic_int stop_asked;       /* lco_stop: by child_stopping */
    atomic_int stopping;         /* lco_stop: what the loop has acted on */
    lco_timer sweep, stop_timer; /* in VM */
    ap_sb_handle_t *sbh;         /* loop thread: where it counts requests */
    int sbh_known;               /* loop thread */
    int (*turn)(lco_vm *vm);     /* set before the threads start */

    int nready;                        /* in VM */
    TAILQ_HEAD(, lco_req) ready;       /* in VM: requests the loop has to run */
    TAILQ_HEAD(, lco_conn) parked;     /* in VM: oldest first */
    LIST_HEAD(, lco_req) waiting;      /* in VM: requests that hold a thread */
    LIST_HEAD(, lco_capture) captures; /* in VM: that are not done */
    int look_held; /* in VM: a capture ended, the next may look after the turn
                    */

    pthread_mutex_t refs_lock; /* leaf: registry references to drop */
    int *dead_refs;            /* refs_lock */
    atomic_int dead_len;       /* written under refs_lock */
    int dead_cap;              /* refs_lock */

    lco_slot *slots; /* in VM: what is compiled, code.c */
    int nslots;
    void (*warn)(lco_vm *vm, const char *msg); /* set at boot: a warning of the
                                       current request */
    size_t bytes;                              /* in VM: allocated by Lua */
    size_t kept;                               /* in VM: bytes in `blocks` */
    lco_block *blocks[LCO_ALLOC_CLASSES];      /* in VM: free ones, alloc.c */
    server_rec *server;
};

/* Any thread.  lco_vm_pick() returns a VM whose lock is free, entered, before
 * it waits for one; PREFER (may be NULL) is waited for if given. */
void lco_vm_enter(lco_vm *vm);
void lco_vm_leave(lco_vm *vm);
/* [in VM]  Waits for COND with the VM left, as pthread_cond_wait(). */
void lco_vm_wait(lco_vm *vm, pthread_cond_t *cond);
/* The loop thread's way in: it does not line up behind workers. */
void lco_vm_enter_loop(lco_vm *vm);
lco_vm *lco_vm_pick(lco_vm *prefer);

/* Is this thread inside a VM, or at its door?  For pool cleanups alone: they
 * run there only when prefork's handler of SIGTERM has interrupted a wait and
 * ends the process (src/vm/term.h); they must leave everything as it is then.
 * Safe in a signal handler. */
int lco_vm_is_inside(void);

/* The VM of a Lua state, without a look-up in Lua. */
lco_vm *lco_vm_of(lua_State *L);

/* Any thread: drop a registry reference at the VM's next entry.  For pool
 * cleanups, which must not enter the VM. */
void lco_vm_drop_ref(lco_vm *vm, int ref);

/* [in VM]  Runs the function on the stack top by a plain protected call with
 * traceback; on error the message is on the stack.  [-1,+0] / [-1,+1] */
int lco_vm_call(lco_vm *vm);

/* The error value at IDX as text, whatever it is.  Never raises. */
const char *lco_vm_error_text(lua_State *L, int idx);

int lco_vm_count(void);
lco_vm *lco_vm_get(int i);

/* Parent, post_config: makes COUNT VMs with their libraries and runs LuaCoInit
 * in each; they go with CONF_POOL.  Logs and returns 0 on failure. */
int lco_vm_create_all(apr_pool_t *conf_pool, server_rec *s, int count);

/* child_init: gives each VM its loop and starts the loop threads; they are
 * joined before CHILD_POOL goes.  ON_TURN is called once per turn, in VM. */
int lco_vm_start_all(apr_pool_t *child_pool, server_rec *s,
                     int (*on_turn)(lco_vm *vm));

#endif

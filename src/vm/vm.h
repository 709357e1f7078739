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
#include <stdatomic.h>

#include <apr_pools.h>
#include <apr_thread_proc.h>
#include <httpd.h>

#include "httpd/conf.h"
#include "loop/loop.h"
#include "sched/run.h"

typedef struct lco_vm lco_vm;
typedef struct lco_req lco_req;

struct lco_vm {
    lua_State *L;        /* in VM */
    lco_sched *sched;    /* in VM */
    lco_loop *loop;      /* set before the threads start */
    lco_req *cur;        /* in VM: the request whose Lua is running, or NULL */
    lco_phase boot_phase; /* in VM: Init.. while no request is current */
    int id;              /* in this child, from 0; set before threads start */

    pthread_mutex_t lock;
    pthread_mutex_t queue;          /* workers line up here, the loop does not */
    atomic_int loop_wants;          /* the loop thread waits for the lock */
    apr_thread_t *thread;
    apr_pool_t *pool;               /* loop thread's own, own allocator */
    atomic_int stopping;

    lco_req *ready, *ready_last;    /* in VM: requests the loop has to run */

    pthread_mutex_t refs_lock;      /* leaf: registry references to drop */
    int *dead_refs;
    int dead_len, dead_cap;

    int *slots;                     /* in VM: code slot -> registry ref */
    apr_time_t *slot_mtime;
    int nslots;
    size_t bytes;                   /* in VM: allocated by Lua */
    server_rec *server;
};

/* Any thread.  lco_vm_pick() returns a VM whose lock is free, entered, before
 * it waits for one; PREFER (may be NULL) is waited for if given. */
void lco_vm_enter(lco_vm *vm);
void lco_vm_leave(lco_vm *vm);
lco_vm *lco_vm_pick(lco_vm *prefer);

/* The VM of a Lua state, without a look-up in Lua. */
lco_vm *lco_vm_of(lua_State *L);

/* Any thread: drop a registry reference at the VM's next entry.  For pool
 * cleanups, which must not enter the VM. */
void lco_vm_drop_ref(lco_vm *vm, int ref);

/* [in VM]  Pushes the function that runs CODE with a fresh request
 * environment and returns LUA_OK; or pushes a message and returns an error
 * status.  Protected: never raises.  [-0,+1] */
int lco_vm_push_code(lco_vm *vm, const lco_code *code, request_rec *r);

/* [in VM]  Runs the function on the stack top by a plain protected call with
 * traceback; on error the message is on the stack.  [-1,+0] / [-1,+1] */
int lco_vm_call(lco_vm *vm);

int lco_vm_count(void);
lco_vm *lco_vm_get(int i);

#endif

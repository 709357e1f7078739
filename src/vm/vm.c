/* VMs: the door, the choice of a VM, the loop thread's life.
 *
 * The hard thing here is fairness.  Workers come and go through the lock at a
 * high rate and a plain mutex would let them starve the loop thread, which
 * alone can end a wait.  So workers line up at `queue` first and at most one
 * of them competes with the loop for `lock`; and while the loop waits
 * (`loop_wants`) workers that choose a VM pass this one by.  A loop that is
 * never idle comes back before the worker that it woke is on its feet, though:
 * it waits for one that it finds at the door (`at_door`) for a second turn.
 */
#include "vm/vm.h"

#include "vm/alloc.h"
#include "vm/boot.h"
#include "vm/code.h"
#include "vm/term.h"

#include <limits.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include <ap_mpm.h>
#include <http_log.h>

APLOG_USE_MODULE(luaco);

/* How long the loop waits for a worker to get in, in turns of the kernel's
 * scheduler. */
enum {
    LCO_DOOR_YIELDS = 200
};

static lco_vm **vms;
static int nvms;
static atomic_uint next_vm;

/* The VM that this thread is inside, or about to enter or to leave. */
static _Thread_local lco_vm *volatile inside;
/* Does it sleep there, with the VM left? */
static _Thread_local volatile sig_atomic_t asleep;

static void flush_dead_refs(lco_vm *vm)
{
    int i, n;
    int *refs;

    if (!atomic_load_explicit(&vm->dead_len, memory_order_relaxed)) {
        return;
    }
    pthread_mutex_lock(&vm->refs_lock);
    n = atomic_load(&vm->dead_len);
    refs = vm->dead_refs;
    /* luaL_unref() writes to existing slots: it neither allocates nor raises.
     */
    for (i = 0; i < n; i++) {
        luaL_unref(vm->L, LUA_REGISTRYINDEX, refs[i]);
    }
    atomic_store(&vm->dead_len, 0);
    pthread_mutex_unlock(&vm->refs_lock);
}

static void entered(lco_vm *vm)
{
    assert(!vm->entered);
    vm->entered = 1;
    flush_dead_refs(vm);
}

void lco_vm_enter(lco_vm *vm)
{
    inside = vm;
    pthread_mutex_lock(&vm->queue);
    if (pthread_mutex_trylock(&vm->lock) != 0) {
        vm->last_door = vm->last_door == UINT_MAX ? 1 : vm->last_door + 1;
        atomic_store_explicit(&vm->at_door, vm->last_door,
                              memory_order_relaxed);
        pthread_mutex_lock(&vm->lock);
        atomic_store_explicit(&vm->at_door, 0, memory_order_relaxed);
    }
    pthread_mutex_unlock(&vm->queue);
    entered(vm);
}

void lco_vm_enter_loop(lco_vm *vm)
{
    inside = vm;
    if (pthread_mutex_trylock(&vm->lock) != 0) {
        atomic_store_explicit(&vm->loop_wants, 1, memory_order_relaxed);
        pthread_mutex_lock(&vm->lock);
        atomic_store_explicit(&vm->loop_wants, 0, memory_order_relaxed);
    }
    entered(vm);
}

void lco_vm_leave(lco_vm *vm)
{
    assert(vm->entered);
    assert(lua_gettop(vm->L) == 0);
    vm->entered = 0;
    pthread_mutex_unlock(&vm->lock);
    inside = NULL;
    if (lco_term_due) {
        lco_term_now();
    }
}

int lco_vm_is_inside(void)
{
    return inside != NULL;
}

void lco_vm_wait(lco_vm *vm, pthread_cond_t *cond)
{
    assert(vm->entered && lua_gettop(vm->L) == 0);
    vm->entered = 0;
    asleep = 1;
    if (lco_term_due) {
        lco_term_now();
    }
    pthread_cond_wait(cond, &vm->lock);
    asleep = 0;
    entered(vm);
}

lco_vm *lco_vm_pick(lco_vm *prefer)
{
    unsigned start, i;
    lco_vm *vm;

    if (prefer) {
        lco_vm_enter(prefer);
        return prefer;
    }
    assert(nvms > 0);
    start = atomic_fetch_add_explicit(&next_vm, 1, memory_order_relaxed);
    for (i = 0; i < (unsigned) nvms; i++) {
        vm = vms[(start + i) % (unsigned) nvms];
        inside = vm;
        if (!atomic_load_explicit(&vm->loop_wants, memory_order_relaxed) &&
            pthread_mutex_trylock(&vm->lock) == 0) {
            entered(vm);
            return vm;
        }
        inside = NULL;
    }
    vm = vms[start % (unsigned) nvms];
    lco_vm_enter(vm);
    return vm;
}

lco_vm *lco_vm_of(lua_State *L)
{
    void *ud;

    (void) lua_getallocf(L, &ud);
    return ud;
}

void lco_vm_drop_ref(lco_vm *vm, int ref)
{
    int *grown;
    int len;

    if (ref == LUA_NOREF || ref == LUA_REFNIL) {
        return;
    }
    pthread_mutex_lock(&vm->refs_lock);
    len = atomic_load(&vm->dead_len);
    if (len == vm->dead_cap) {
        grown = realloc(vm->dead_refs,
                        sizeof(*grown) * (size_t) (vm->dead_cap + 64));
        if (!grown) {
            /* The reference stays: a leak of one table beats a crash. */
            pthread_mutex_unlock(&vm->refs_lock);
            return;
        }
        vm->dead_refs = grown;
        vm->dead_cap += 64;
    }
    vm->dead_refs[len] = ref;
    atomic_store(&vm->dead_len, len + 1);
    pthread_mutex_unlock(&vm->refs_lock);
}

int lco_vm_call(lco_vm *vm)
{
    return lx_pcall(vm->L, 0, 0);
}

const char *lco_vm_error_text(lua_State *L, int idx)
{
    return lua_type(L, idx) == LUA_TSTRING ? lua_tostring(L, idx)
                                           : "(error object is not a string)";
}

int lco_vm_count(void)
{
    return nvms;
}

lco_vm *lco_vm_get(int i)
{
    return vms[i];
}

static void before_poll(void *data)
{
    lco_vm_leave(data);
}

static void after_poll(void *data)
{
    lco_vm *vm = data;
    unsigned door = atomic_load_explicit(&vm->at_door, memory_order_relaxed);
    int i;

    for (i = 0; door && door == vm->seen_door && i < LCO_DOOR_YIELDS; i++) {
        sched_yield();
        door = atomic_load_explicit(&vm->at_door, memory_order_relaxed);
    }
    vm->seen_door = door;
    lco_vm_enter_loop(vm);
}

static int turn(void *data)
{
    lco_vm *vm = data;

    return vm->turn ? vm->turn(vm) : 0;
}

static void *APR_THREAD_FUNC loop_main(apr_thread_t *thread, void *data)
{
    lco_vm *vm = data;

    vm->thread = thread;
    lco_loop_run(vm->loop);
    return NULL;
}

static void destroy(lco_vm *vm)
{
    if (vm->sched) {
        lco_sched_destroy(vm->sched);
    }
    if (vm->L) {
        lua_close(vm->L);
    }
    lco_vm_close_cache(vm);
    lco_vm_alloc_close(vm);
    if (vm->loop) {
        lco_loop_destroy(vm->loop);
    }
    pthread_mutex_destroy(&vm->lock);
    pthread_mutex_destroy(&vm->queue);
    pthread_mutex_destroy(&vm->refs_lock);
    free(vm->dead_refs);
    free(vm);
}

static apr_status_t destroy_all(void *data)
{
    int i;

    (void) data;
    for (i = 0; i < nvms; i++) {
        destroy(vms[i]);
    }
    free(vms);
    vms = NULL;
    nvms = 0;
    return APR_SUCCESS;
}

int lco_vm_create_all(apr_pool_t *conf_pool, server_rec *s, int count)
{
    int i;

    vms = calloc((size_t) count, sizeof(void *));
    if (!vms) {
        ap_log_error(APLOG_MARK, APLOG_EMERG, APR_ENOMEM, s,
                     "luaco: no memory");
        return 0;
    }
    nvms = 0;
    apr_pool_cleanup_register(conf_pool, NULL, destroy_all,
                              apr_pool_cleanup_null);
    for (i = 0; i < count; i++) {
        lco_vm *vm = calloc(1, sizeof(*vm));

        if (!vm) {
            ap_log_error(APLOG_MARK, APLOG_EMERG, APR_ENOMEM, s,
                         "luaco: no memory");
            return 0;
        }
        vm->id = i;
        vm->server = s;
        TAILQ_INIT(&vm->ready);
        TAILQ_INIT(&vm->parked);
        LIST_INIT(&vm->waiting);
        LIST_INIT(&vm->captures);
        pthread_mutex_init(&vm->lock, NULL);
        pthread_mutex_init(&vm->queue, NULL);
        pthread_mutex_init(&vm->refs_lock, NULL);
        vms[nvms++] = vm;
        if (!lco_vm_boot(vm)) {
            return 0;
        }
    }
    return 1;
}

/* The loops themselves stay until the VMs go: what is still parked when a
 * child exits takes its timers and watches away when its connection's pool is
 * destroyed, which is later. */
static apr_status_t stop_loops(void *data)
{
    int i;
    apr_status_t rv;

    (void) data;
    for (i = 0; i < nvms; i++) {
        if (vms[i]->running) {
            atomic_store(&vms[i]->stopping, LCO_STOP_NOW);
            lco_loop_stop(vms[i]->loop);
        }
    }
    if (inside) {
        /* prefork: SIGTERM's handler ends the process from here, while Lua
         * waits.  The loop cannot end, and nothing needs it any more. */
        return APR_SUCCESS;
    }
    for (i = 0; i < nvms; i++) {
        if (vms[i]->running) {
            apr_thread_join(&rv, vms[i]->thread_handle);
            vms[i]->running = 0;
        }
    }
    return APR_SUCCESS;
}

/* For prefork's signals. */
static int is_busy(void)
{
    return inside && !asleep;
}

/* A pool of its own with its own allocator: the loop thread may not share
 * one with a worker. */
static apr_pool_t *own_pool(void)
{
    apr_allocator_t *allocator;
    apr_pool_t *pool;

    if (apr_allocator_create(&allocator) != APR_SUCCESS) {
        return NULL;
    }
    if (apr_pool_create_ex(&pool, NULL, NULL, allocator) != APR_SUCCESS) {
        apr_allocator_destroy(allocator);
        return NULL;
    }
    apr_allocator_owner_set(allocator, pool);
    apr_pool_tag(pool, "luaco_loop");
    return pool;
}

int lco_vm_start_all(apr_pool_t *child_pool, server_rec *s,
                     int (*on_turn)(lco_vm *vm))
{
    apr_threadattr_t *attr;
    sigset_t all, old;
    apr_status_t rv;
    int i, threaded = 0;

    if (ap_mpm_query(AP_MPMQ_IS_THREADED, &threaded) == APR_SUCCESS &&
        !threaded) {
        lco_term_guard(is_busy);
    }
    apr_threadattr_create(&attr, child_pool);
    apr_threadattr_detach_set(attr, 0);
    apr_pool_pre_cleanup_register(child_pool, NULL, stop_loops);
    for (i = 0; i < nvms; i++) {
        lco_vm *vm = vms[i];
        lco_loop_hooks hooks = {before_poll, after_poll, turn, vm};

        vm->turn = on_turn;
        vm->loop = lco_loop_create(&hooks);
        vm->pool = own_pool();
        if (!vm->loop || !vm->pool) {
            ap_log_error(APLOG_MARK, APLOG_EMERG, APR_FROM_OS_ERROR(errno), s,
                         "luaco: VM %d gets no event loop", i);
            return 0;
        }
        /* Signals are the MPM's business. */
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &old);
        rv = apr_thread_create(&vm->thread_handle, attr, loop_main, vm,
                               child_pool);
        pthread_sigmask(SIG_SETMASK, &old, NULL);
        if (rv != APR_SUCCESS) {
            ap_log_error(APLOG_MARK, APLOG_EMERG, rv, s,
                         "luaco: VM %d gets no loop thread", i);
            return 0;
        }
        vm->running = 1;
    }
    return 1;
}

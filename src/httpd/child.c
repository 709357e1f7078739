/* Start and stop: post_config makes the VMs, child_init starts their loops.
 *
 * Runs on the main thread of parent and child; child_stopping on whatever
 * thread notices, so it only leaves a note for the loops.
 */
#include "httpd/hooks.h"

#include <stdlib.h>
#include <strings.h>
#include <sys/resource.h>
#include <unistd.h>

#include <httpd.h>
#include <ap_mpm.h>
#include <http_config.h>
#include <http_core.h>
#include <http_log.h>
#include <mpm_common.h>

#include "api/api.h"
#include "httpd/conf.h"
#include "io/hosts.h"
#include "req/capture.h"
#include "req/conn.h"
#include "req/drive.h"
#include "req/finish.h"
#include "req/req.h"
#include "req/outbox.h"
#include "vm/boot.h"
#include "vm/errlog.h"
#include "vm/vm.h"

APLOG_USE_MODULE(luaco);

static int mpm_says(int query)
{
    int value = 0;

    return ap_mpm_query(query, &value) == APR_SUCCESS ? value : 0;
}

static int vm_count(server_rec *s)
{
    int vms = lco_conf_server(s)->vms;
    long cpus;

    if (vms != LCO_UNSET) {
        return vms;
    }
    if (!mpm_says(AP_MPMQ_IS_THREADED)) {
        return 1;
    }
    cpus = sysconf(_SC_NPROCESSORS_ONLN);
    return cpus > 0 ? (int) cpus : 1;
}

/* AsyncRequestWorkerFactor is the MPM's own; only the configuration tree tells
 * what was set. */
static double worker_factor(void)
{
    const ap_directive_t *d;
    double factor = 2;

    for (d = ap_conftree; d; d = d->next) {
        if (strcasecmp(d->directive, "AsyncRequestWorkerFactor") == 0) {
            factor = atof(d->args);
        }
    }
    return factor;
}

/* How many requests can wait at once: said at start, since httpd's defaults
 * park few. */
static void say_limits(server_rec *s)
{
    struct rlimit fds;
    int threads = mpm_says(AP_MPMQ_MAX_THREADS);
    long connections = (long) (threads * (1 + worker_factor()));

    if (!lco_conn_can_waitio()) {
        ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, s,
                     "luaco: this MPM cannot park requests: one that waits "
                     "holds its thread or process");
        return;
    }
    if (getrlimit(RLIMIT_NOFILE, &fds) != 0) {
        fds.rlim_cur = RLIM_INFINITY;
    }
    ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, s,
                 "luaco: %d VMs; each child parks up to %ld requests "
                 "(AsyncRequestWorkerFactor, ThreadsPerChild), 3 descriptors "
                 "each of %ld",
                 lco_vm_count(), connections,
                 fds.rlim_cur == RLIM_INFINITY ? -1L : (long) fds.rlim_cur);
}

/* What coroutine.* and ngx.thread.* say where no run is current: in a phase
 * that cannot yield they are refused, as the reference refuses them; the
 * filters have Lua's own coroutines. */
static const char *refusing_phase(void *data, int coroutines)
{
    const lco_vm *vm = data;

    if (!vm->cur || (coroutines && (vm->cur->phase == LCO_PHASE_HEADER_FILTER ||
                                    vm->cur->phase == LCO_PHASE_BODY_FILTER))) {
        return NULL;
    }
    return lco_phase_names[vm->cur->phase];
}

static void open_api(lua_State *L, lco_sched *sched)
{
    lco_sched_set_phase(sched, refusing_phase, lco_vm_of(L));
    lco_api_open(L);
    lua_getglobal(L, "ngx");
    lco_sched_open(sched, L); /* ngx.thread, coroutine */
    lua_pop(L, 1);
}

static int post_config(apr_pool_t *conf_pool, apr_pool_t *plog,
                       apr_pool_t *ptemp, server_rec *s)
{
    int i;

    (void) plog;
    (void) ptemp;
    if (ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_PRE_CONFIG) {
        return OK; /* the pass that is thrown away */
    }
    lco_conn_setup(s);
    lco_vm_open_api = open_api;
    if (!lco_errlog_create(conf_pool, lco_conf_server(s)->capture_log)) {
        ap_log_error(APLOG_MARK, APLOG_EMERG, APR_ENOMEM, s,
                     "luaco: no memory for LuaCoCaptureErrorLog");
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    lco_conf_server(s)->vms = vm_count(s);
    if (!lco_shared_create(s) ||
        !lco_vm_create_all(conf_pool, s, lco_conf_server(s)->vms)) {
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    for (i = 0; i < lco_vm_count(); i++) {
        lco_vm_get(i)->warn = lco_drive_warn;
    }
    say_limits(s);
    return OK;
}

/* Cleanup of the child's pool, which comes after its pre-cleanups: the loop
 * threads have been joined. */
static apr_status_t exit_workers(void *data)
{
    int i;

    (void) data;
    for (i = 0; i < lco_vm_count(); i++) {
        lco_vm_exit_worker(lco_vm_get(i));
    }
    lco_hosts_unload();
    return APR_SUCCESS;
}

static void child_init(apr_pool_t *child_pool, server_rec *s)
{
    int i;

    lco_errlog_child_init();
    lco_finish_child_init(child_pool);
    for (i = 0; i < lco_vm_count(); i++) {
        lco_drive_start(lco_vm_get(i));
    }
    lco_out_child_init();
    lco_hosts_load("/etc/hosts");
    if (!lco_conn_child_init() || !lco_capture_io_init(child_pool) ||
        !lco_vm_start_all(child_pool, s, lco_drive_turn) ||
        !lco_capture_pool_init(child_pool, s,
                               lco_conf_server(s)->capture_threads)) {
        ap_log_error(APLOG_MARK, APLOG_EMERG, 0, s,
                     "luaco: this child cannot run Lua");
        exit(APEXIT_CHILDSICK);
    }
    for (i = 0; i < lco_vm_count(); i++) {
        lco_vm_init_worker(lco_vm_get(i));
    }
    apr_pool_cleanup_register(child_pool, NULL, exit_workers,
                              apr_pool_cleanup_null);
}

static void child_stopping(apr_pool_t *child_pool, int graceful)
{
    (void) child_pool;
    lco_drive_stopping(graceful);
}

void lco_child_hooks(void)
{
    ap_hook_pre_config(lco_conf_pre_config, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_post_config(post_config, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_child_init(child_init, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_child_stopping(child_stopping, NULL, NULL, APR_HOOK_MIDDLE);
}

/* One turn of a VM's loop: the parked requests that have something to do, and
 * how a stopping child ends what waits.
 *
 * Runs on the loop thread, inside the VM; lco_drive_stopping() on whatever
 * thread notices that the child stops.
 */
#include "req/drive.h"

#include <http_core.h>
#include <http_log.h>
#include <mpm_common.h>

#include "req/capture.h"
#include "req/conn.h"
#include "req/finish.h"

APLOG_USE_MODULE(luaco);

static void on_sweep(lco_loop *loop, lco_timer *t)
{
    lco_vm *vm = t->data;

    (void) loop;
    lco_conn_sweep(vm);
    if (!TAILQ_EMPTY(&vm->parked)) {
        (void) lco_timer_start(loop, t, lco_conn_sweep_time());
    }
}

static void stop_now(lco_vm *vm)
{
    lco_conn *conn;
    lco_req *req;

    atomic_store(&vm->stopping, LCO_STOP_NOW);
    TAILQ_FOREACH(conn, &vm->parked, parked_link)
    {
        if (conn->req) {
            conn->req->stop = 1;
            lco_conn_notify(conn, conn->req);
        }
    }
    LIST_FOREACH(req, &vm->waiting, waiting_link)
    {
        req->stop = 1;
        pthread_cond_signal(req->signal);
    }
    lco_captures_stop_all(vm);
}

static void on_shutdown_timeout(lco_loop *loop, lco_timer *t)
{
    lco_vm *vm = t->data;

    (void) loop;
    ap_log_error(APLOG_MARK, APLOG_WARNING, 0, vm->server,
                 "luaco: LuaCoShutdownTimeout: what still waits is ended");
    stop_now(vm);
}

static apr_interval_time_t shutdown_timeout(lco_vm *vm)
{
    lco_server_conf *sc = lco_conf_server(vm->server);

    return sc->shutdown_timeout == LCO_UNSET
               ? apr_time_from_sec(ap_graceful_shutdown_timeout)
               : sc->shutdown_timeout;
}

/* The child stops: what lco_drive_stopping() asked for happens here. */
static void look_at_stop(lco_vm *vm)
{
    switch (atomic_load(&vm->stop_asked)) {
    case LCO_STOP_GRACEFUL:
        if (atomic_load(&vm->stopping) == 0) {
            atomic_store(&vm->stopping, LCO_STOP_GRACEFUL);
            lco_conn_release_idle(vm);
            if (shutdown_timeout(vm) > 0) {
                lco_timer_init(&vm->stop_timer, on_shutdown_timeout, vm);
                (void) lco_timer_start(vm->loop, &vm->stop_timer,
                                       shutdown_timeout(vm));
            }
        }
        break;
    case LCO_STOP_NOW:
        if (atomic_load(&vm->stopping) != LCO_STOP_NOW) {
            if (vm->id == 0) {
                lco_conn_shutdown_all();
            }
            stop_now(vm);
        }
        break;
    default:
        break;
    }
}

void lco_drive_stopping(int graceful)
{
    int i;

    for (i = 0; i < lco_vm_count(); i++) {
        lco_vm *vm = lco_vm_get(i);

        atomic_store(&vm->stop_asked,
                     graceful ? LCO_STOP_GRACEFUL : LCO_STOP_NOW);
        if (vm->loop) {
            lco_loop_wake(vm->loop);
        }
    }
}

/* The loop, owner of a parked request that has something to do. */
static void drive_parked(lco_vm *vm, lco_req *req)
{
    lco_conn *conn = req->conn;
    lco_drove d;
    int idle = 0;

    req->r->connection->current_thread = vm->thread;
    if (lco_drive_inside(req)) {
        lco_conn_keep(conn);
        return;
    }
    lco_vm_leave(vm);
    d = lco_drive_run(req, 1);
    if (d == DROVE_ENDED && lco_finish_can(req)) {
        idle = lco_finish_here(req);
    }
    lco_vm_enter_loop(vm);
    if (d == DROVE_WAITS) {
        lco_conn_keep(conn);
    }
    else if (idle) {
        lco_conn_arm_idle(conn);
    }
    else {
        lco_conn_wake_mpm(conn);
    }
}

void lco_drive_start(lco_vm *vm)
{
    lco_timer_init(&vm->sweep, on_sweep, vm);
}

int lco_drive_turn(lco_vm *vm)
{
    lco_req *req;
    lco_conn *conn;
    int parked, left = vm->nready; /* what becomes ready meanwhile: next turn */

    look_at_stop(vm);
    while (left-- > 0 && (req = TAILQ_FIRST(&vm->ready))) {
        lco_req_unready(req);
        if (req->capture) {
            lco_capture_drive(req);
            continue;
        }
        conn = req->conn;
        pthread_mutex_lock(&conn->lock);
        /* Not what a worker is about to take: it has seen us finish once and
         * comes as soon as it gets the VM. */
        parked = conn->state == LCO_CONN_PARKED && !conn->reclaim;
        conn->driving = parked ? 1 : 0;
        pthread_mutex_unlock(&conn->lock);
        if (parked) {
            drive_parked(vm, req);
        }
    }
    if (vm->look_held) {
        /* What waited for the end of the last one has run. */
        vm->look_held = 0;
        lco_capture_look_over(vm);
    }
    return !TAILQ_EMPTY(&vm->ready);
}

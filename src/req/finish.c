/* Finishing a request on the loop thread.
 *
 * A handler that ended there needs no worker if nothing of the rest can block:
 * the request body is absent or read, the filters are known ones, the output is
 * short and the connection writes through the gate.  What cannot be done so
 * goes the long way through the MPM (conn.c, lco_conn_wake_mpm).
 *
 * mod_status: c->sbh is not ours to set while a connection is parked, so the
 * loops count their requests in scoreboard slots of their own, beyond the
 * workers' (ThreadLimit is larger than ThreadsPerChild); without such a slot
 * and with ExtendedStatus On requests are finished by workers.
 */
#include "req/finish.h"

#include <httpd.h>
#include <ap_mpm.h>
#include <http_core.h>
#include <http_log.h>
#include <http_protocol.h>
#include <http_request.h>
#include <scoreboard.h>

#include "req/drive.h"
#include "req/exec.h"
#include "req/input.h"
#include "req/outbox.h"

APLOG_USE_MODULE(luaco);

static int counts_missing; /* ExtendedStatus On and no free slot */
static int thread_limit;
static int first_slot;

/* Set while a loop thread ends a request. */
static _Thread_local ap_sb_handle_t *counting;

int lco_finish_log(request_rec *r)
{
    if (counting) {
        ap_increment_counts(counting, r);
    }
    return DECLINED;
}

/* The scoreboard handle of a loop.  Which child this is shows in the id that
 * the MPM gave the connection. */
static ap_sb_handle_t *handle_of(lco_vm *vm, const conn_rec *c)
{
    int slot = first_slot + vm->id;

    if (!vm->sbh || !ap_extended_status) {
        return NULL;
    }
    if (!vm->sbh_known) {
        /* VMs beyond the free slots share the last one. */
        ap_update_sb_handle(vm->sbh, (int) (c->id / thread_limit),
                            slot < thread_limit ? slot : thread_limit - 1);
        vm->sbh_known = 1;
    }
    return vm->sbh;
}

int lco_finish_can(const lco_req *req)
{
    const request_rec *r = req->r;

    return req->phase == LCO_PHASE_HANDLER && !counts_missing &&
           (req->result == LCO_OK ||
            (req->result >= HTTP_OK && req->result < HTTP_MULTIPLE_CHOICES) ||
            (req->header_sent && req->result >= HTTP_OK)) &&
           !req->refused && !req->aborted && !r->connection->aborted &&
           !r->expecting_100 && !lco_input_is_open(req) &&
           atomic_load_explicit(&req->vm->stop_asked, memory_order_relaxed) ==
               LCO_STOP_NONE &&
           lco_out_filters_known(req) && lco_out_is_short(req);
}

int lco_finish_here(lco_req *req)
{
    request_rec *r = req->r;
    conn_rec *c = r->connection;
    lco_conn *conn = req->conn;
    lco_vm *vm = req->vm;
    int rc;

    conn->nonblock = 1;
    conn->req = NULL;
    rc = lco_drive_outcome(req); /* OK or DONE, by lco_finish_can() */
    if (req->refused) {
        /* A header filter wants another status: a page is for a worker. */
        req->stage = LCO_STAGE_ENDED;
        conn->req = req;
        conn->nonblock = 0;
        return 0;
    }
    counting = handle_of(vm, c);
    ap_die(rc, r);
    lco_exec_end(r); /* r and req are gone */
    rc = lco_gate_push(conn);
    counting = NULL;
    conn->nonblock = 0;
    return rc > 0 && !c->aborted && c->keepalive == AP_CONN_KEEPALIVE &&
           !c->data_in_input_filters &&
           atomic_load_explicit(&vm->stop_asked, memory_order_relaxed) ==
               LCO_STOP_NONE;
}

void lco_finish_child_init(apr_pool_t *child_pool)
{
    int i;

    if (!ap_extended_status ||
        ap_mpm_query(AP_MPMQ_MAX_THREADS, &first_slot) != APR_SUCCESS ||
        ap_mpm_query(AP_MPMQ_HARD_LIMIT_THREADS, &thread_limit) !=
            APR_SUCCESS) {
        return;
    }
    counts_missing = first_slot >= thread_limit;
    for (i = 0; i < lco_vm_count() && !counts_missing; i++) {
        ap_create_sb_handle(&lco_vm_get(i)->sbh, child_pool, 0, first_slot);
    }
}

/* Phases from httpd's hooks: begun on a worker, gone on with by whoever took
 * the request up after a park.
 *
 * Thread: a worker, or one that serves captures; the VM is not entered.
 */
#include "req/drive.h"

#include <http_core.h>
#include <http_log.h>
#include <http_request.h>

#include "req/body.h"
#include "req/capture.h"
#include "req/conn.h"
#include "req/exec.h"
#include "req/hold.h"
#include "req/rest.h"
#include "vm/code.h"

APLOG_USE_MODULE(luaco);

/* A worker goes on until the phase is over (the hook's answer) or the request
 * can be parked (SUSPENDED). */
static int go(lco_req *req)
{
    for (;;) {
        switch (lco_drive_run(req, 0)) {
        case DROVE_ENDED:
        case DROVE_WORKER:
            return lco_drive_outcome(req);
        case DROVE_WAITS:
            if (!req->thread_waits) {
                if (req->capture || lco_conn_arm(req->conn)) {
                    return SUSPENDED;
                }
                req->thread_waits = 1;
            }
            if (!lco_hold(req)) {
                lco_req_discard(req);
                return HTTP_INTERNAL_SERVER_ERROR;
            }
            break;
        }
    }
}

lco_req *lco_drive_begin(request_rec *r, lco_phase phase, const lco_code *code)
{
    lco_req *req = lco_req_obtain(r), *before;

    if (!req) {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, APR_ENOMEM, r, "luaco: no memory");
        return NULL;
    }
    req->phase = phase;
    req->code = code;
    req->dconf = lco_conf_dir(r->per_dir_config);
    req->result = LCO_OK;
    if (!req->conn) {
        req->conn = lco_conn_get(r->connection);
        if (req->conn && r->connection->master) {
            req->conn = NULL;
        }
    }
    if (!req->vm && req->conn) {
        req->vm = req->conn->vm;
    }
    if (!req->vm && req->capture) {
        req->vm = req->capture->vm;
    }
    if (!req->vm && r->prev) {
        /* ngx.ctx is in the first one's VM. */
        before = lco_req_find(lco_req_first(r));
        req->vm = before ? before->vm : NULL;
    }
    return req;
}

int lco_drive_phase(request_rec *r, lco_phase phase, const lco_code *code)
{
    lco_req *req = lco_drive_begin(r, phase, code);

    if (!req) {
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    if (req->stage != LCO_STAGE_IDLE) {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
                      "luaco: %s while another phase of the request runs",
                      lco_phase_names[phase]);
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    if (req->dconf->need_request_body == 1) {
        lco_body *body = lco_body_of(req);

        if (!body) {
            return HTTP_INTERNAL_SERVER_ERROR;
        }
        lco_body_want(body, req);
    }
    req->stage = LCO_STAGE_START;
    req->abort_seen = 0;
    req->run.aborts = 0;
    req->aborted = lco_drive_is_mute(req) ? 1 : 0;
    req->thread_waits =
        !(lco_conn_can_park(r) || lco_capture_can_park(req)) ||
        phase == LCO_PHASE_AUTHZ ||
        (phase == LCO_PHASE_ACCESS && ap_satisfies(r) == SATISFY_ANY);
    return go(req);
}

void lco_drive_call(request_rec *r, lco_phase phase, const lco_code *code)
{
    lco_req *req = lco_drive_begin(r, phase, code);
    lco_code_use use = {0, 0};

    if (!req) {
        return;
    }
    lco_drive_enter(req, 0);
    req->vm->cur = req;
    if (lco_vm_take_code(req->vm, code, lco_drive_cache(req), &use) != LUA_OK ||
        lco_vm_call(req->vm) != LUA_OK) {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r, "failed to run %s: %s",
                      lco_phase_names[phase],
                      lco_vm_error_text(req->vm->L, -1));
    }
    lua_settop(req->vm->L, 0);
    req->vm->cur = NULL;
    lco_vm_give_code(req->vm, &use);
    lco_vm_leave(req->vm);
}

/* ---- the way back from a park ---- */

int lco_drive_resume(lco_req *req)
{
    lco_phase phase = req->phase;
    int status = go(req);

    return status == OK && phase != LCO_PHASE_HANDLER
               ? lco_rest_of_phases(req->r, phase)
               : status;
}

void lco_drive_go_on(lco_req *req)
{
    request_rec *r = req->r;
    conn_rec *c = r->connection;
    lco_conn *conn = req->conn;
    lco_phase phase = req->phase;
    int status;

    /* As the MPM's own stretch of a request holds it. */
    apr_thread_mutex_lock(r->invoke_mtx);
    conn->req = NULL;
    status = lco_drive_resume(req);
    if (status == OK && phase != LCO_PHASE_HANDLER) {
        status = ap_invoke_handler(r);
    }
    if (status == DECLINED && phase == LCO_PHASE_HANDLER) {
        /* This handler has been asked and declined: the others, as
         * ap_invoke_handler() would have gone on. */
        status = ap_run_handler(r);
        if (status == DECLINED) {
            status = HTTP_NOT_FOUND;
        }
    }
    apr_thread_mutex_unlock(r->invoke_mtx);
    if (status == SUSPENDED) {
        c->cs->state = CONN_STATE_SUSPENDED;
        return;
    }
    if (status >= HTTP_MULTIPLE_CHOICES && !r->prev) {
        /* ap_die() takes a status that is not 200 for a recursion. */
        r->status = HTTP_OK;
    }
    ap_die(status, r);
    lco_exec_end(r); /* r is gone */
}

void lco_drive_lost(lco_req *req)
{
    request_rec *r = req->r;

    lco_req_discard(req);
    req->stage = LCO_STAGE_IDLE;
    req->eof = 1;
    r->connection->keepalive = AP_CONN_CLOSE;
    r->connection->aborted = 1;
    if (!req->header_sent) {
        r->status = HTTP_REQUEST_TIME_OUT;
    }
    ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r,
                  "luaco: the connection of a parked request was closed");
    lco_exec_end(r);
}

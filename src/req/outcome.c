/* What a phase came to, as the answer of httpd's hook.
 *
 * Runs on a worker, or on the loop where lco_finish_can() allowed it; the VM
 * is not entered.
 */
#include "req/drive.h"

#include <http_log.h>
#include <http_protocol.h>

#include "req/body.h"
#include "req/capture.h"
#include "req/down.h"
#include "req/exec.h"
#include "req/input.h"
#include "req/outbox.h"

APLOG_USE_MODULE(luaco);

/* ngx.DECLINED, which ngx.exit() takes. */
#define NGX_DECLINED (-5)

static int closes_silently(int status)
{
    return status == 444 || status == 499 || status == HTTP_REQUEST_TIME_OUT;
}

int lco_drive_is_mute(const lco_req *req)
{
    return req->r->main && req->phase != LCO_PHASE_HANDLER;
}

/* A header filter or a condition of the request has put another status in the
 * place of what Lua wrote. */
static int refuse(lco_req *req)
{
    req->r->status = HTTP_OK;
    req->r->status_line = NULL;
    return req->refused;
}

/* Passes the rest of the response. */
static int finish(lco_req *req)
{
    lco_out_finish(req);
    if (req->refused) {
        return refuse(req);
    }
    return req->phase == LCO_PHASE_HANDLER ? OK : DONE;
}

/* Whatever the Lua came to: with ngx.req.socket(true) there is no response,
 * and the connection is closed in the usual way, so that what was sent
 * arrives. */
static int end_raw(lco_req *req)
{
    request_rec *r = req->r;
    int rc = req->result;

    if (rc < 0) {
        r->status = HTTP_INTERNAL_SERVER_ERROR;
    }
    else if (rc >= HTTP_OK && rc < 1000) {
        r->status = rc;
    }
    r->connection->keepalive = AP_CONN_CLOSE;
    lco_out_finish(req);
    r->eos_sent = 1;
    return req->phase == LCO_PHASE_HANDLER ? OK : DONE;
}

int lco_drive_outcome(lco_req *req)
{
    request_rec *r = req->r;
    int rc = req->result;

    req->stage = LCO_STAGE_IDLE;
    if (req->raw) {
        return end_raw(req);
    }
    lco_input_guard(req);
    if (req->refused) {
        return refuse(req);
    }
    if (rc == LCO_DONE && req->run.why == LCO_WHY_JUMP) {
        req->jump = req->phase == LCO_PHASE_REWRITE;
        rc = LCO_OK;
    }
    if (rc == LCO_DONE && req->run.why == LCO_WHY_EXEC) {
        return lco_exec_run(req);
    }
    if (req->phase == LCO_PHASE_AUTHZ) {
        /* It may only decide: nothing was written. */
        req->input_failed = 0;
        return rc == NGX_DECLINED ? DECLINED
               : rc < 0           ? HTTP_INTERNAL_SERVER_ERROR
                                  : rc;
    }
    if (rc == NGX_DECLINED) {
        /* As in nginx the other checks go on, the other handlers are asked. */
        if (req->phase == LCO_PHASE_HANDLER && !req->header_sent) {
            req->declined = 1;
            return DECLINED;
        }
        rc = LCO_OK;
    }
    if (req->phase == LCO_PHASE_HANDLER || rc != LCO_OK || req->header_sent) {
        lco_body_leave(req);
    }
    else {
        lco_down_pass_on(req);
    }
    if (req->input_failed) {
        req->input_failed = 0;
        r->status = HTTP_OK;
        return rc;
    }
    if (rc < 0 || closes_silently(rc)) {
        if (rc < 0 && !req->header_sent) {
            r->status = HTTP_INTERNAL_SERVER_ERROR;
        }
        else if (rc >= 0) {
            r->status = rc;
        }
        if (req->capture && rc >= 0) {
            req->capture->closes = 1;
        }
        lco_out_break(req, rc >= 0);
        return DONE;
    }
    if (rc >= HTTP_MULTIPLE_CHOICES && rc < 1000 && !req->header_sent &&
        !lco_out_knows(rc) && !lco_drive_is_mute(req)) {
        /* 418 and the like: as nginx, an empty response of that status */
        lco_out_drop(req);
        req->status_set = rc;
        req->mime_set = 1;
        ap_set_content_type(r, NULL);
        return finish(req);
    }
    if (rc >= HTTP_MULTIPLE_CHOICES && !req->header_sent) {
        r->status = HTTP_OK;
        r->status_line = NULL;
        return rc;
    }
    if (req->phase != LCO_PHASE_HANDLER && rc == LCO_OK && !req->header_sent &&
        !req->buffering) {
        return OK;
    }
    if (lco_drive_is_mute(req)) {
        ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r,
                      "%s answered a subrequest for %s: it is refused",
                      lco_phase_names[req->phase], r->uri);
        return HTTP_FORBIDDEN;
    }
    if (!req->header_sent && rc >= HTTP_OK &&
        (!req->status_set || rc == HTTP_NO_CONTENT)) {
        /* ngx.exit(200) only ends the response; 204 also says how. */
        req->status_set = rc;
    }
    return finish(req);
}

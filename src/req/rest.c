/* The rest of httpd's request phases after a parked access check.
 *
 * httpd offers no way to enter ap_process_request_internal() in the middle, so
 * what follows the access_checker hooks there is done here, by the same hooks
 * in the same order with the same treatment of their answers (server/request.c
 * of 2.4.x; rule 19).  t/phase/hooks.t compares the hook order of a parked and
 * an unparked request.  Runs on a worker, `Satisfy any` never gets here.
 */
#include "req/rest.h"

#include <http_config.h>
#include <http_core.h>
#include <http_log.h>
#include <http_request.h>

APLOG_USE_MODULE(luaco);

/* A phase that nobody wants to decide is a configuration error. */
static int decided(int status, const char *phase, request_rec *r)
{
    if (status == DECLINED) {
        ap_log_rerror(APLOG_MARK, APLOG_CRIT, 0, r,
                      "configuration error: couldn't %s: %s", phase, r->uri);
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    ap_log_rerror(APLOG_MARK, APLOG_TRACE3, 0, r,
                  "auth phase '%s' gave status %d: %s", phase, status, r->uri);
    return status;
}

/* Authentication and authorization; OK: the request may go on. */
static int authenticate(request_rec *r)
{
    int status = ap_run_check_user_id(r);

    if (status != OK) {
        return decided(status, "check user", r);
    }
    if (!r->user) {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
                      "no authentication done but request not allowed without "
                      "authentication for %s. Authentication not configured?",
                      r->uri);
        return decided(HTTP_INTERNAL_SERVER_ERROR, "check user", r);
    }
    status = ap_run_auth_checker(r);
    return status == OK ? OK : decided(status, "check authorization", r);
}

int lco_rest_of_phases(request_rec *r)
{
    int status = ap_run_access_checker_ex(r);

    if (status == DECLINED || (status == OK && ap_run_force_authn(r) == OK)) {
        status = authenticate(r);
        if (status != OK) {
            return status;
        }
    }
    else if (status != OK) {
        return decided(status, "check access", r);
    }
    status = ap_run_type_checker(r);
    if (status != OK) {
        return decided(status, "find types", r);
    }
    status = ap_run_fixups(r);
    if (status != OK) {
        ap_log_rerror(APLOG_MARK, APLOG_TRACE3, 0, r, "fixups hook gave %d: %s",
                      status, r->uri);
    }
    return status;
}

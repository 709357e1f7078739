/* ngx.exec: internal redirects that need not hold a thread.
 *
 * ap_internal_redirect() makes a request for the target, runs it and finishes
 * it, all in one call, which would take SUSPENDED for an error.  The first
 * part of it is what we want, and httpd does not offer that alone.  So our
 * quick handler, the first hook that the target gets to, takes it away from
 * there: it answers with an error for which ap_die() does nothing on a request
 * whose response is under way (http_request.c), which the target looks like as
 * long as its own output filters are not to be seen.  Then we run it as
 * ap_internal_redirect() would have, and a target that waits is parked.
 *
 * The hard thing is the end of such a request.  While the target runs in the
 * hook of the one before, that hook's answer ends both.  Once it was parked,
 * all these hooks have returned, and lco_exec_end() does what is left.
 */
#include "req/exec.h"

#include <string.h>

#include <apr_fnmatch.h>
#include <apr_strings.h>
#include <http_config.h>
#include <http_core.h>
#include <http_log.h>
#include <http_protocol.h>
#include <http_request.h>

#include "req/body.h"
#include "req/capture.h"
#include "req/drive.h"
#include "req/outbox.h"
#include "req/rest.h"

APLOG_USE_MODULE(luaco);

/* A redirect whose target is to be taken away. */
typedef struct capture {
    request_rec *from;
    request_rec *target; /* NULL: httpd has answered by itself */
    ap_filter_t *filters;
} capture;

static _Thread_local capture *catching;

int lco_exec_quick(request_rec *r, int lookup)
{
    capture *c = catching;

    if (!c || c->target || lookup || r->prev != c->from) {
        return DECLINED;
    }
    c->target = r;
    c->filters = r->output_filters;
    r->output_filters = r->connection->output_filters;
    return AP_FILTER_ERROR;
}

/* The request for URI after r, nothing of it run yet but post_read_request.
 * NULL: there is none, and the response is made. */
static request_rec *redirect(request_rec *r, const char *uri)
{
    capture c = {.from = r};

    catching = &c;
    ap_internal_redirect(uri, r);
    catching = NULL;
    if (c.target) {
        c.target->output_filters = c.filters;
    }
    return c.target;
}

/* Is there a <Location "/@name">?  Wider sections do not count: what is
 * misspelled must not be served by what holds everywhere. */
int lco_exec_is_there(const request_rec *r, const char *name)
{
    const core_server_config *conf =
        ap_get_core_module_config(r->server->module_config);
    ap_conf_vector_t **sections = (ap_conf_vector_t **) conf->sec_url->elts;
    int i;

    for (i = 0; i < conf->sec_url->nelts; i++) {
        const core_dir_config *d = ap_get_core_module_config(sections[i]);

        if (!d->r && strncmp(d->d, "/@", 2) == 0 &&
            (strcmp(d->d, name) == 0 ||
             (d->d_is_fnmatch &&
              apr_fnmatch(d->d, name, APR_FNM_PATHNAME) == APR_SUCCESS))) {
            return 1;
        }
    }
    return 0;
}

/* httpd leaves the access checks out where a redirect stays in its sections,
 * for they were passed before.  Lua may redirect before they were. */
static void check_access_again(request_rec *r)
{
    r->per_dir_config = ap_merge_per_dir_configs(
        r->pool, r->per_dir_config, ap_create_request_config(r->pool));
}

/* What the Lua of REQ has settled for the response. */
static void hand_over(const lco_req *req, lco_req *target)
{
    target->vm = req->vm;
    target->status_set = req->status_set;
    target->mime = req->mime;
    target->mime_set = req->mime_set;
    if (req->mime) {
        ap_set_content_type(target->r, req->mime);
    }
}

/* All phases of the target. */
static int run(lco_req *target)
{
    request_rec *r = target->r;
    int status = DECLINED;

    if (!target->named) {
        status = ap_run_quick_handler(r, 0);
    }
    if (status == DECLINED) {
        status =
            target->named ? lco_rest_named(r) : ap_process_request_internal(r);
        if (status == OK) {
            status = ap_invoke_handler(r);
        }
    }
    return status;
}

/* Where the request goes, as a URI; escaped, since httpd takes it apart as it
 * does the client's. */
static const char *uri_of(request_rec *r, const char *path, const char *args)
{
    path = ap_os_escape_path(r->pool, path, 1);
    return args ? apr_pstrcat(r->pool, path, "?", args, NULL) : path;
}

static void set_args(request_rec *r, const char *args)
{
    /* A "#" in it has been taken for the start of a fragment. */
    r->args = args ? apr_pstrdup(r->pool, args) : NULL;
    r->parsed_uri.query = r->args;
    r->parsed_uri.fragment = NULL;
}

int lco_exec_run(lco_req *req)
{
    request_rec *r = req->r, *next;
    const lco_exec *to = req->exec;
    const char *path = to->name ? r->uri : to->path;
    const char *args = to->name ? r->args : to->args;
    lco_req *target;
    int status;

    req->exec = NULL;
    lco_out_drop(req); /* kept for the end (HTTP/1.0), which is not ours */
    if (lco_drive_is_mute(req)) {
        ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r,
                      "%s redirected a subrequest for %s: it is refused",
                      lco_phase_names[req->phase], r->uri);
        return HTTP_FORBIDDEN;
    }
    if (to->name && !lco_exec_is_there(r, to->name)) {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
                      "could not find named location \"%s\"", to->name + 1);
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    if (ap_is_recursion_limit_exceeded(r)) {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
                      "rewrite or internal redirection cycle while internally "
                      "redirecting to \"%s\"",
                      to->name ? to->name + 1 : path);
        return HTTP_INTERNAL_SERVER_ERROR;
    }

    check_access_again(r);
    next = redirect(r, uri_of(r, path, args));
    if (next) {
        target = lco_req_obtain(next);
        if (!target) {
            ap_log_rerror(APLOG_MARK, APLOG_ERR, APR_ENOMEM, r,
                          "luaco: no memory");
            status = HTTP_INTERNAL_SERVER_ERROR;
        }
        else {
            set_args(next, args);
            hand_over(req, target);
            target->exec_parks = !req->thread_waits && !r->main;
            if (to->name) {
                next->uri = apr_pstrdup(r->pool, path);
                next->parsed_uri.path = next->uri;
                target->named = to->name;
                target->server_rewritten = 1;
            }
            lco_capture_thread_waits(1); /* it may block */
            status = run(target);
            lco_capture_thread_waits(0);
        }
        if (status == SUSPENDED ||
            (req->capture && status != OK && status != DONE)) {
            return status; /* of a capture nobody wants the page */
        }
        ap_die(status, next);
    }
    return req->phase == LCO_PHASE_HANDLER ? OK : DONE;
}

void lco_exec_end(request_rec *r)
{
    ap_process_request_after_handler(lco_req_first(r));
}

/* A capture's way through httpd: the request is made, its phases run, its
 * handler is invoked, its end.
 *
 * On a capture thread, with the VM left; lco_capture_end() on the loop too,
 * where nothing can block.  Between two stretches the capture belongs to the
 * queue or to the loop: once it is handed over nothing of it may be touched.
 */
#include "req/capture.h"

#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>
#include <http_config.h>
#include <http_connection.h>
#include <http_core.h>
#include <http_log.h>
#include <http_protocol.h>
#include <http_request.h>

#include "req/body.h"
#include "req/change.h"
#include "req/drive.h"
#include "req/exec.h"
#include "req/outbox.h"
#include "req/rest.h"
#include "req/vars.h"

APLOG_USE_MODULE(luaco);

/* ---- the request ---- */

static void set_uri(request_rec *r, const lco_capture *cap)
{
    char *path = ap_escape_uri(r->pool, cap->uri);

    memset(&r->parsed_uri, 0, sizeof(r->parsed_uri));
    r->parsed_uri.is_initialized = 1;
    r->parsed_uri.path = path;
    r->parsed_uri.query = apr_pstrdup(r->pool, cap->args);
    r->uri = path;
    r->args = r->parsed_uri.query;
    r->unparsed_uri = r->args ? apr_pstrcat(r->pool, path, "?", r->args, NULL)
                              : apr_pstrdup(r->pool, path);
}

static request_rec *make_request(lco_capture *cap)
{
    request_rec *r = ap_create_request(cap->c);

    r->server = cap->server;
    r->per_dir_config = r->server->lookup_defaults;
    r->the_request = apr_pstrdup(r->pool, cap->the_request);
    r->protocol = apr_pstrdup(r->pool, cap->protocol);
    r->proto_num = cap->proto_num;
    r->hostname = cap->hostname;
    r->request_time = cap->request_time;
    r->user = apr_pstrdup(r->pool, cap->user);
    r->ap_auth_type = apr_pstrdup(r->pool, cap->auth_type);
    r->log_id = cap->log_id;
    r->useragent_addr = cap->client_addr;
    r->useragent_ip = apr_pstrdup(r->pool, cap->client_ip);
    r->method = cap->method;
    r->method_number = ap_method_number_of(cap->method);
    r->header_only = strcmp(cap->method, "HEAD") == 0;
    r->headers_in = cap->headers_in;
    set_uri(r, cap);
    if (cap->env) {
        r->subprocess_env =
            apr_table_overlay(r->pool, cap->env, r->subprocess_env);
    }
    /* Lua wants to read it: as in nginx only what a client gets is made
     * shorter. */
    apr_table_setn(r->subprocess_env, "no-gzip", "1");
    apr_table_setn(r->subprocess_env, "no-brotli", "1");
    return r;
}

/* The module's record of it.  0: no memory. */
static int make_record(lco_capture *cap)
{
    lco_req *req = lco_req_obtain(cap->r);
    int i;

    if (!req) {
        return 0;
    }
    req->vm = cap->vm;
    req->internal = 1;
    if (cap->named) {
        req->named = cap->named;
        req->server_rewritten = 1;
    }
    req->request_uri = cap->request_uri;
    req->ctx_ref = cap->ctx_ref;
    cap->ctx_ref = LUA_NOREF;
    if (cap->body) {
        req->body = cap->body;
        req->body->maker = req;
        req->body->req = req;
        cap->body = NULL;
    }
    for (i = 0; cap->headers && i < cap->headers->nelts; i++) {
        const lco_capture_var *h =
            &APR_ARRAY_IDX(cap->headers, i, lco_capture_var);
        lco_text value = {h->value, h->value_len};

        (void) lco_change_header(req, (lco_text){h->name, h->name_len}, &value,
                                 1, LCO_CHANGE_SET);
    }
    for (i = 0; cap->vars && i < cap->vars->nelts; i++) {
        const lco_capture_var *v =
            &APR_ARRAY_IDX(cap->vars, i, lco_capture_var);

        (void) lco_var_set(req, v->name, v->name_len, v->value, v->value_len);
    }
    return 1;
}

/* Makes the request and runs its phases. */
static int begin(lco_capture *cap)
{
    request_rec *r;
    int status;

    (void) ap_run_pre_connection(cap->c, ap_get_conn_socket(cap->c));
    r = cap->r = make_request(cap);
    apr_thread_mutex_create(&r->invoke_mtx, APR_THREAD_MUTEX_DEFAULT, r->pool);
    lco_capture_catch(cap);
    if (!make_record(cap)) {
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    status = ap_post_read_request(r);
    if (status != OK) {
        return status;
    }
    if (cap->named) {
        return lco_exec_is_there(r, cap->named) ? lco_rest_named(r)
                                                : HTTP_NOT_FOUND;
    }
    status = ap_run_quick_handler(r, 0);
    if (status != DECLINED) {
        cap->looked = 1; /* the response was all there */
        return status == OK ? DONE : status;
    }
    return ap_process_request_internal(r);
}

/* ---- the end ---- */

void lco_capture_wrote(lco_capture *cap, const char *name)
{
    if (!cap->written) {
        cap->written = apr_table_make(cap->pool, 4);
    }
    apr_table_set(cap->written, name, "1");
}

typedef struct sharing {
    lco_capture *cap;
    const apr_table_t *env;
} sharing;

static void share(sharing *s, const char *name, const char *value)
{
    lco_capture *cap = s->cap;
    apr_size_t n = strlen(name) + 1, v = strlen(value) + 1;
    char *grown = realloc(cap->shared, cap->shared_len + n + v);

    if (grown) {
        cap->shared = grown;
        memcpy(grown + cap->shared_len, name, n);
        memcpy(grown + cap->shared_len + n, value, v);
        cap->shared_len += n + v;
    }
}

static int share_written(void *data, const char *name, const char *value)
{
    sharing *s = data;
    const char *now = apr_table_get(s->env, name);

    (void) value;
    share(s, name, now ? now : "");
    return 1;
}

static int share_changed(void *data, const char *name, const char *value)
{
    sharing *s = data;
    const char *now = apr_table_get(s->env, name);

    if (now && strcmp(now, value) != 0) {
        share(s, name, now);
    }
    return 1;
}

/* What the parent shares of the variables: those that it had, and those that
 * Lua wrote. */
static void share_variables(lco_capture *cap, const request_rec *r)
{
    sharing s = {cap, r->subprocess_env};

    if (cap->env) {
        apr_table_do(share_changed, &s, cap->env, NULL);
    }
    if (cap->written) {
        apr_table_do(share_written, &s, cap->written, NULL);
    }
}

int lco_capture_can_end(const lco_req *req)
{
    return req->phase == LCO_PHASE_HANDLER && !req->refused &&
           (req->result >= LCO_OK || req->result == LCO_ERROR) &&
           lco_out_filters_known(req);
}

void lco_capture_end(lco_capture *cap, int status)
{
    request_rec *r = cap->r;

    if ((status == OK || status == DONE) && !cap->c->aborted) {
        ap_finalize_request_protocol(r);
    }
    while (r->next) {
        r = r->next; /* what internal redirects ended at */
    }
    if (status == OK || status == DONE) {
        /* Ended without a response: broken off before its headers. */
        lco_capture_take_head(cap, r, r->status);
    }
    else {
        if (!cap->has_head) {
            ap_set_content_type(r, NULL); /* of the page that is left out */
        }
        lco_capture_take_head(cap, r,
                              status == DECLINED ? HTTP_NOT_FOUND
                              : ap_is_HTTP_VALID_RESPONSE(status)
                                  ? status
                                  : HTTP_INTERNAL_SERVER_ERROR);
    }
    if (cap->share_vars) {
        share_variables(cap, r);
    }
    lco_capture_wreck(cap);
}

/* ---- stretches ---- */

/* What runs now, behind redirects by ngx.exec. */
static request_rec *last_of(lco_capture *cap)
{
    request_rec *r = cap->r;

    while (r->next) {
        r = r->next;
    }
    return r;
}

/* Will its handler be ours, which leaves the thread when it waits? */
static int is_lua(const request_rec *r)
{
    return r->handler && (strcmp(r->handler, "lua-co-handler") == 0 ||
                          strcmp(r->handler, "lua-co-script") == 0);
}

/* The Lua waits and httpd's stack is unwound: the loop has it from here. */
static void hand_to_loop(lco_capture *cap)
{
    lco_vm *vm = cap->vm;
    lco_req *req = lco_req_find(last_of(cap));
    int wake;

    lco_vm_enter(vm);
    cap->req = req;
    cap->parked = 1;
    if (atomic_load(&cap->abandoned)) {
        req->stop = 1;
    }
    wake =
        !TAILQ_EMPTY(&req->woken) || req->stop || req->stage == LCO_STAGE_ENDED;
    if (wake) {
        lco_req_ready(req);
    }
    lco_vm_leave(vm);
    if (wake) {
        lco_loop_wake(vm->loop);
    }
}

static int look(lco_capture *cap)
{
    lco_req *req;
    lco_phase phase;
    int status;

    if (!cap->r) {
        return begin(cap);
    }
    req = lco_req_find(last_of(cap));
    phase = req->phase;
    cap->resuming = 0;
    status = lco_drive_resume(req);
    if (phase == LCO_PHASE_HANDLER) {
        cap->looked = 1;
    }
    return status;
}

/* What is left of the way when the phases, or our own handler, said so. */
static int serve(lco_capture *cap)
{
    int status;

    if (!cap->looked) {
        cap->looked = 1;
        return ap_invoke_handler(last_of(cap));
    }
    /* Our own handler has been asked and declined. */
    status = ap_run_handler(last_of(cap));
    return status == DECLINED ? HTTP_NOT_FOUND : status;
}

/* 1: it ended. */
static int run(lco_capture *cap, lco_capture_job job)
{
    int status;

    if (job == LCO_CAPTURE_SERVE) {
        status = serve(cap);
    }
    else {
        status = look(cap);
        if (cap->looked ? status == DECLINED : status == OK) {
            if (!(is_lua(last_of(cap)) && !cap->looked) &&
                !lco_capture_may_serve()) {
                if (lco_capture_queue(cap, LCO_CAPTURE_SERVE)) {
                    return 0;
                }
                status = HTTP_SERVICE_UNAVAILABLE;
            }
            else {
                status = serve(cap);
            }
        }
    }
    if (status == SUSPENDED) {
        hand_to_loop(cap);
        return 0;
    }
    lco_capture_end(cap, status);
    return 1;
}

int lco_capture_run(lco_capture *cap, lco_capture_job job)
{
    int holds;

    if (!run(cap, job)) {
        return 0;
    }
    holds = lco_capture_looks();
    cap->holds = holds ? 1 : 0;
    lco_capture_done(cap); /* CAP may be gone */
    return holds;
}

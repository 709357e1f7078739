/* Captures as the VM sees them: made, started, woken, done, abandoned.
 *
 * Inside the VM, on the parent's owner or on the loop.  The hard thing is the
 * end of a parent whose captures still run: they look at its connection, so
 * it waits for them (lco_captures_await, and the drive where it can park).
 */
#include "req/capture.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <apr_strings.h>
#include <http_config.h>
#include <http_core.h>
#include <http_log.h>

#include "req/body.h"
#include "req/conn.h"
#include "req/drive.h"
#include "req/head.h"

APLOG_USE_MODULE(luaco);

/* Headers of the client that are about its own request and response alone. */
static const char *const not_inherited[] = {
    "Range",         "If-Range",          "If-Match",
    "If-None-Match", "If-Modified-Since", "If-Unmodified-Since",
    "Expect",        "Transfer-Encoding", "Content-Length",
};

/* ---- making ---- */

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
    apr_pool_tag(pool, "luaco_capture");
    return pool;
}

lco_captures *lco_captures_new(int n)
{
    lco_captures *call = calloc(1, sizeof(*call));

    if (!call) {
        return NULL;
    }
    call->list = calloc((size_t) n, sizeof(lco_capture *));
    if (!call->list) {
        free(call);
        return NULL;
    }
    call->n = n;
    call->holder_ref = LUA_NOREF;
    return call;
}

/* What a capture has of its parent.  Strings that nobody changes stay the
 * parent's, which outlives it. */
static void inherit(lco_capture *cap, lco_req *parent)
{
    request_rec *r = parent->r, *first = lco_head_request(r);
    const lco_req *known = lco_req_find(first);
    size_t i;

    /* Where it is to be seen it gives the parent an id for the log, if it had
     * none: their lines have the same. */
    ap_log_rerror(APLOG_MARK, APLOG_TRACE4, 0, r, "luaco: capture");
    cap->the_request = first->the_request;
    cap->request_uri =
        known && known->request_uri ? known->request_uri : first->unparsed_uri;
    cap->protocol = r->protocol;
    cap->proto_num = r->proto_num;
    cap->hostname = r->hostname;
    cap->user = r->user;
    cap->auth_type = r->ap_auth_type;
    cap->log_id = r->log_id;
    cap->client_addr = r->useragent_addr;
    cap->client_ip = r->useragent_ip;
    cap->request_time = r->request_time;
    cap->server = r->server;
    cap->headers_in = apr_table_clone(cap->pool, r->headers_in);
    for (i = 0; i < sizeof(not_inherited) / sizeof(not_inherited[0]); i++) {
        apr_table_unset(cap->headers_in, not_inherited[i]);
    }
}

static void drop_pool(lco_capture *cap)
{
    apr_pool_t *pool = cap->pool;

    cap->r = NULL;
    cap->c = NULL;
    cap->pool = NULL;
    if (pool) {
        apr_pool_destroy(pool);
    }
}

/* What its request would have taken over. */
static void drop_unused(lco_capture *cap)
{
    lco_vm_drop_ref(cap->vm, cap->ctx_ref);
    cap->ctx_ref = LUA_NOREF;
    if (cap->body) {
        lco_body_free(cap->body);
        cap->body = NULL;
    }
}

static void free_capture(lco_capture *cap)
{
    drop_unused(cap);
    drop_pool(cap);
    free(cap->head);
    free(cap->data);
    free(cap->shared);
    free(cap);
}

void lco_capture_wreck(lco_capture *cap)
{
    drop_unused(cap);
    drop_pool(cap);
    if (!cap->has_head) {
        cap->status = HTTP_SERVICE_UNAVAILABLE;
    }
}

static void on_done(lco_loop *loop, lco_msg *m);

lco_capture *lco_captures_add(lco_captures *call, int i, lco_req *parent)
{
    lco_capture *cap = calloc(1, sizeof(*cap));

    if (!cap) {
        return NULL;
    }
    cap->ctx_ref = LUA_NOREF;
    cap->vm = parent->vm;
    cap->pool = own_pool();
    if (!cap->pool) {
        free(cap);
        return NULL;
    }
    cap->call = call;
    cap->parent = parent;
    cap->depth = parent->capture ? parent->capture->depth + 1 : 1;
    cap->trace_next = parent->run.trace_next;
    cap->msg.fn = on_done;
    cap->msg.data = cap;
    inherit(cap, parent);
    lco_capture_connect(cap);
    call->list[i] = cap;
    return cap;
}

/* A body that counts as read. */
static lco_body *new_body(void)
{
    lco_body *body = calloc(1, sizeof(*body));

    if (!body) {
        return NULL;
    }
    body->fd = -1;
    body->over = 1;
    body->is_read = 1;
    TAILQ_INIT(&body->readers);
    lco_timer_init(&body->tick, NULL, body);
    return body;
}

/* What httpd and Lua see of its length. */
static void set_body(lco_capture *cap, lco_body *body)
{
    cap->body = body;
    apr_table_setn(
        cap->headers_in, "Content-Length",
        apr_psprintf(cap->pool, "%" APR_OFF_T_FMT, lco_body_length(body)));
}

static int copy_bytes(lco_body *body, const char *data, apr_size_t len)
{
    if (!len) {
        return 1;
    }
    body->mem = malloc(len);
    if (!body->mem) {
        return 0;
    }
    memcpy(body->mem, data, len);
    body->len = body->cap = len;
    return 1;
}

int lco_capture_set_body(lco_capture *cap, const char *data, apr_size_t len)
{
    lco_body *body = new_body();

    if (!body || !copy_bytes(body, data, len)) {
        free(body);
        return 0;
    }
    set_body(cap, body);
    return 1;
}

int lco_capture_forward_body(lco_capture *cap)
{
    const lco_body *from = lco_body_find(cap->parent);
    lco_body *body;

    if (!from || !from->is_read || !lco_body_length(from)) {
        return 1;
    }
    body = new_body();
    if (!body) {
        return 0;
    }
    if (!copy_bytes(body, from->mem, from->len)) {
        goto failed;
    }
    if (from->fd >= 0) {
        body->path = strdup(from->path);
        body->fd = dup(from->fd);
        body->filed = from->filed;
        if (!body->path || body->fd < 0) {
            goto failed;
        }
    }
    set_body(cap, body);
    return 1;

failed:
    lco_body_free(body);
    return 0;
}

void lco_captures_free(lco_captures *call)
{
    int i;

    for (i = 0; i < call->n; i++) {
        if (call->list[i]) {
            lco_vm_drop_ref(call->list[i]->vm, call->holder_ref);
            call->holder_ref = LUA_NOREF;
            free_capture(call->list[i]);
        }
    }
    free(call->list);
    free(call);
}

/* ---- running ---- */

void lco_captures_start(lco_captures *call, lco_wait *wait,
                        int (*push)(lua_State *L, lco_wait *w))
{
    lco_capture *cap;
    int i;

    lco_run_name_entry(&wait->req->run);
    call->wait = wait;
    call->left = call->n;
    wait->data = call;
    wait->push = push;
    for (i = 0; i < call->n; i++) {
        cap = call->list[i];
        cap->parent->had_captures = 1;
        LIST_INSERT_HEAD(&cap->parent->captures, cap, parent_link);
        LIST_INSERT_HEAD(&cap->vm->captures, cap, vm_link);
    }
    /* From here on they run, the first one maybe to its end. */
    for (i = 0; i < call->n; i++) {
        cap = call->list[i];
        if (!lco_capture_queue(cap, LCO_CAPTURE_LOOK)) {
            cap->status = HTTP_SERVICE_UNAVAILABLE;
            lco_capture_done(cap);
        }
    }
}

static void notify(lco_req *req)
{
    if (req->signal) {
        pthread_cond_signal(req->signal);
    }
    else if (req->capture) {
        lco_capture_notify(req);
    }
    else if (req->conn) {
        lco_conn_notify(req->conn, req);
    }
}

/* ngx.exit(444) and its kin mean the client's connection, of whichever request
 * they are called. */
static void close_parent(const lco_capture *cap)
{
    lco_req *parent = cap->parent;

    if (cap->closes && !parent->closing) {
        parent->closing = cap->status;
        if (parent->capture) {
            parent->capture->closes = 1;
        }
        notify(parent);
    }
}

/* The capture has ended: nothing of it is left but its result. */
static void ended(lco_capture *cap)
{
    lco_captures *call = cap->call;
    lco_req *parent = cap->parent;

    cap->done = 1;
    close_parent(cap);
    LIST_REMOVE(cap, parent_link);
    LIST_REMOVE(cap, vm_link);
    /* The analyzer does not see that LIST_REMOVE() changes a list's head, and
     * that another capture of this call would be counted. */
    /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
    if (--call->left > 0) {
        return;
    }
    if (call->wait) {
        lco_wait_done(call->wait, call->wait->push);
        return;
    }
    lco_captures_free(call);
    if (!LIST_EMPTY(&parent->captures)) {
        return;
    }
    notify(parent); /* its Lua may be over, and wait for this alone */
}

static void on_done(lco_loop *loop, lco_msg *m)
{
    lco_capture *cap = m->data;

    (void) loop;
    if (cap->holds) {
        cap->vm->look_held = 1;
    }
    ended(cap);
}

void lco_capture_done(lco_capture *cap)
{
    lco_loop_post(cap->vm->loop, &cap->msg);
}

int lco_capture_can_park(const lco_req *req)
{
    return req->capture && !req->r->main &&
           (req->capture->r == req->r || req->exec_parks);
}

/* ---- on the loop ---- */

void lco_capture_notify(lco_req *req)
{
    lco_capture *cap = req->capture;

    if (cap->parked && cap->req == req) {
        lco_req_ready(req);
        if (!lco_loop_is_mine(cap->vm->loop)) {
            lco_loop_wake(cap->vm->loop);
        }
    }
}

void lco_capture_drive(lco_req *req)
{
    lco_capture *cap = req->capture;
    lco_vm *vm = cap->vm;
    lco_drove d;

    assert(cap->parked && cap->req == req);
    cap->c->current_thread = vm->thread;
    if (lco_drive_inside(req)) {
        return;
    }
    lco_vm_leave(vm);
    d = lco_drive_run(req, 1);
    lco_vm_enter_loop(vm);
    if (d == DROVE_WAITS) {
        return;
    }
    cap->parked = 0;
    cap->req = NULL;
    lco_req_unready(req);
    cap->resuming = 1;
    if (d == DROVE_ENDED && lco_capture_can_end(req)) {
        lco_vm_leave(vm);
        lco_capture_end(cap, lco_drive_outcome(req));
        lco_vm_enter_loop(vm);
        ended(cap);
        return;
    }
    if (!lco_capture_queue(cap, LCO_CAPTURE_LOOK)) {
        lco_vm_leave(vm);
        lco_capture_wreck(cap);
        lco_vm_enter_loop(vm);
        ended(cap);
    }
}

/* ---- the end ---- */

static void abandon(lco_capture *cap)
{
    lco_req *req;

    atomic_store(&cap->abandoned, 1);
    if (cap->parked) {
        cap->req->stop = 1;
        lco_capture_notify(cap->req);
    }
    LIST_FOREACH(req, &cap->vm->waiting, waiting_link)
    {
        if (req->capture == cap) {
            req->stop = 1;
            pthread_cond_signal(req->signal);
        }
    }
}

void lco_captures_stop(lco_captures *call)
{
    int i;

    call->wait = NULL;
    for (i = 0; i < call->n; i++) {
        if (!call->list[i]->done) {
            abandon(call->list[i]);
        }
    }
}

void lco_captures_abandon(lco_req *req)
{
    lco_capture *cap;

    LIST_FOREACH(cap, &req->captures, parent_link)
    {
        abandon(cap);
    }
}

void lco_captures_stop_all(lco_vm *vm)
{
    lco_capture *cap;

    LIST_FOREACH(cap, &vm->captures, vm_link)
    {
        abandon(cap);
    }
}

/* Where the child has joined its threads nobody goes on with a capture. */
static void await_nobody(lco_req *req)
{
    lco_capture *cap;

    while ((cap = LIST_FIRST(&req->captures))) {
        if (cap->req) {
            cap->parked = 0;
            lco_req_unready(cap->req);
            cap->req = NULL;
        }
        lco_vm_leave(req->vm);
        lco_capture_wreck(cap);
        lco_vm_enter(req->vm);
        ended(cap);
    }
}

void lco_captures_await(lco_req *req)
{
    pthread_cond_t cond, *before = req->signal;

    if (LIST_EMPTY(&req->captures)) {
        return;
    }
    if (!req->vm->running) {
        await_nobody(req);
        return;
    }
    lco_captures_abandon(req);
    pthread_cond_init(&cond, NULL);
    req->signal = &cond;
    while (!LIST_EMPTY(&req->captures)) {
        lco_vm_wait(req->vm, &cond);
    }
    req->signal = before;
    pthread_cond_destroy(&cond);
}

/* The request context: life, look-up, waits.
 *
 * Thread: the request's owner; what touches lists of the VM runs inside it.
 */
#include "req/req.h"

#include <stdlib.h>
#include <string.h>

#include <http_log.h>

#include "req/body.h"
#include "req/capture.h"
#include "req/conn.h"
#include "req/down.h"
#include "req/input.h"
#include "vm/alloc.h"
#include "vm/code.h"

APLOG_USE_MODULE(luaco);

lco_req *lco_req_find(request_rec *r)
{
    return ap_get_module_config(r->request_config, &luaco_module);
}

request_rec *lco_req_first(request_rec *r)
{
    while (r->prev) {
        r = r->prev;
    }
    return r;
}

int lco_req_is_same(const lco_req *a, const lco_req *b)
{
    return a == b || lco_req_first(a->r) == lco_req_first(b->r);
}

/* Builds that look for errors must see each record's end. */
#ifdef LCO_DEBUG
#define KEEP_SPARE 0
#else
#define KEEP_SPARE 1
#endif

/* The record of the connection that R's owner owns with R. */
static lco_conn *own_conn(request_rec *r)
{
    return r->connection->master ? NULL : lco_conn_get(r->connection);
}

static apr_status_t req_free(void *data)
{
    lco_req *req = data;
    lco_conn *conn;

    if (lco_vm_is_inside()) {
        return APR_SUCCESS; /* the process ends */
    }
    lco_req_discard(req);
    if (req->body && req->body->maker == req) {
        lco_body_free(req->body);
    }
    if (req->vm) {
        lco_vm_drop_ref(req->vm, req->ctx_ref);
    }
    /* None where the connection's pool goes, whose cleanup was first. */
    conn = own_conn(req->r);
    if (KEEP_SPARE && conn && !conn->spare_req) {
        conn->spare_req = req;
    }
    else {
        free(req);
    }
    return APR_SUCCESS;
}

/* A zeroed record: the one that the connection's last request had, if it is
 * back already. */
static lco_req *new_record(request_rec *r)
{
    lco_conn *conn = own_conn(r);
    lco_req *req;

    if (!conn || !conn->spare_req) {
        return calloc(1, sizeof(*req));
    }
    req = conn->spare_req;
    conn->spare_req = NULL;
    memset(req, 0, sizeof(*req));
    return req;
}

lco_req *lco_req_obtain(request_rec *r)
{
    lco_req *req = lco_req_find(r);

    if (req) {
        return req;
    }
    req = new_record(r);
    if (!req) {
        return NULL;
    }
    req->r = r;
    req->ctx_ref = LUA_NOREF;
    req->trace_next = 1;
    TAILQ_INIT(&req->woken);
    TAILQ_INIT(&req->flushers);
    LIST_INIT(&req->ties);
    LIST_INIT(&req->captures);
    req->capture = lco_capture_of(r);
    lco_input_note(req);
    ap_set_module_config(r->request_config, &luaco_module, req);
    apr_pool_cleanup_register(r->pool, req, req_free, apr_pool_cleanup_null);
    return req;
}

void lco_req_ready(lco_req *req)
{
    if (!req->in_ready) {
        TAILQ_INSERT_TAIL(&req->vm->ready, req, ready_link);
        req->in_ready = 1;
        req->vm->nready++;
    }
}

void lco_req_unready(lco_req *req)
{
    if (req->in_ready) {
        TAILQ_REMOVE(&req->vm->ready, req, ready_link);
        req->in_ready = 0;
        req->vm->nready--;
    }
}

void lco_req_abort(lco_req *req)
{
    if (req->stage == LCO_STAGE_RUN || req->stage == LCO_STAGE_SERVICE) {
        lco_run_abort(&req->run); /* cancels every wait */
        req->stage = LCO_STAGE_ENDED;
        req->result = LCO_ERROR;
        lco_vm_give_code(req->vm, &req->running);
    }
    if (req->stage == LCO_STAGE_START) {
        req->stage = LCO_STAGE_ENDED; /* it waited for its body */
        req->result = LCO_ERROR;
    }
    lco_body_idle(req);
    lco_down_idle(req);
    /* After that: a wait that is cancelled may end another one (a reader and a
     * writer of one socket), which is news for the loop until it is cancelled
     * itself. */
    lco_req_unready(req);
}

void lco_req_discard(lco_req *req)
{
    lco_tie *t;

    if (!req->vm ||
        (!req->in_ready && !req->in_waiting && req->stage != LCO_STAGE_START &&
         req->stage != LCO_STAGE_RUN && req->stage != LCO_STAGE_SERVICE &&
         !req->had_ties && !req->had_captures)) {
        return;
    }
    lco_vm_enter(req->vm);
    lco_req_abort(req);
    lco_captures_await(req);
    req->had_captures = 0;
    while ((t = LIST_FIRST(&req->ties))) {
        lco_req_untie(t);
        t->fn(t);
    }
    req->had_ties = 0;
    if (req->in_waiting) {
        LIST_REMOVE(req, waiting_link);
        req->in_waiting = 0;
    }
    lco_vm_leave(req->vm);
}

void lco_req_tie(lco_req *req, lco_tie *t, void (*fn)(lco_tie *t))
{
    assert(!t->req);
    t->req = req;
    t->fn = fn;
    LIST_INSERT_HEAD(&req->ties, t, link);
    req->had_ties = 1;
}

void lco_req_untie(lco_tie *t)
{
    if (t->req) {
        LIST_REMOVE(t, link);
        t->req = NULL;
    }
}

/* ---- waits ---- */

static void cancelled(lco_co *co, void *data)
{
    lco_wait *w = data;

    (void) co;
    if (w->woken) {
        TAILQ_REMOVE(&w->req->woken, w, link);
        if (w->drop) {
            w->drop(w);
        }
    }
    else {
        w->stop(w);
    }
    lco_wait_free(w);
}

lco_wait *lco_wait_new(lco_req *req, lco_co *co, void (*stop)(lco_wait *w))
{
    /* Out of the VM's small blocks: no call of malloc for most. */
    lco_wait *w = lco_vm_alloc(req->vm, NULL, 0, sizeof(*w));

    if (!w) {
        return NULL;
    }
    memset(w, 0, sizeof(*w));
    w->req = req;
    w->co = co;
    w->stop = stop;
    lco_timer_init(&w->timer, NULL, w);
    lco_co_pend(&req->run, co, cancelled, w);
    return w;
}

void lco_wait_drop(lco_wait *w)
{
    lco_co_unpend(&w->req->run, w->co);
    lco_wait_free(w);
}

void lco_wait_free(lco_wait *w)
{
    (void) lco_vm_alloc(w->req->vm, w, sizeof(*w), 0);
}

void lco_wait_done(lco_wait *w, int (*push)(lua_State *L, lco_wait *w))
{
    lco_req *req = w->req;

    w->push = push;
    w->woken = 1;
    TAILQ_INSERT_TAIL(&req->woken, w, link);
    if (req->signal) {
        pthread_cond_signal(req->signal);
    }
    else if (req->conn && !req->serving) {
        lco_conn_notify(req->conn, req);
    }
    else if (req->capture) {
        lco_capture_notify(req);
    }
    /* Else its thread is running and looks at `woken` before it waits. */
}

/* ---- for API files ---- */

lco_req *lco_req_get(lua_State *L)
{
    return lco_vm_of(L)->cur;
}

lco_req *lco_req_check(lua_State *L)
{
    lco_req *req = lco_vm_of(L)->cur;

    if (!req) {
        luaL_error(L, "no request found");
    }
    return req;
}

void lco_req_check_abortable(lua_State *L, const lco_req *req)
{
    if (!LIST_EMPTY(&req->captures)) {
        luaL_error(L, "attempt to abort with pending subrequests");
    }
}

int lco_req_jump(lua_State *L, lco_req *req)
{
    return lco_run_exit(L, &req->run, LCO_WHY_JUMP, LCO_OK);
}

void lco_req_check_phase(lua_State *L, lco_req *req, unsigned mask)
{
    if (!(LCO_BIT(req->phase) & mask)) {
        luaL_error(L, "API disabled in the context of %s",
                   lco_phase_names[req->phase]);
    }
}

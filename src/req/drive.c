/* Driving a request's Lua.
 *
 * lco_drive_run() is the one place that runs it: in turns of "hand on the
 * output, VM left" and "resume what became ready, VM entered", until the Lua
 * ended or everything of it waits.  A worker calls it for the first stretch
 * and, where a request cannot be parked, for all others; the loop thread while
 * the request is parked.  What the phase came to is turned into a hook's answer
 * by lco_drive_outcome() (outcome.c).
 */
#include "req/drive.h"

#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <http_log.h>

#include "req/body.h"
#include "req/capture.h"
#include "req/conn.h"
#include "req/down.h"
#include "req/flush.h"
#include "req/outbox.h"
#include "vm/code.h"

APLOG_USE_MODULE(luaco);

/* ---- the scheduler's host ---- */

static void host_log(lco_run *run, int level, const char *msg)
{
    lco_req *req = run->data;

    ap_log_rerror(APLOG_MARK, level, 0, req->r, "%s", msg);
}

static void host_trace(lco_run *run, const char *line)
{
    lco_req *req = run->data;

    ap_log_rerror(APLOG_MARK, APLOG_TRACE4, 0, req->r, "luaco: %s", line);
}

static int host_headers_sent(lco_run *run)
{
    lco_req *req = run->data;

    return req->header_sent;
}

static const char *host_not_yieldable(lco_run *run)
{
    lco_req *req = run->data;

    return LCO_BIT(req->phase) & LCO_YIELDABLE ? NULL
                                               : lco_phase_names[req->phase];
}

static const lco_host host = {host_log, host_trace, host_headers_sent,
                              host_not_yieldable};

void lco_drive_warn(lco_vm *vm, const char *msg)
{
    ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, vm->cur->r, "%s", msg);
}

/* ---- one stretch inside the VM ---- */

static void end(lco_req *req, int result)
{
    req->stage = LCO_STAGE_ENDED;
    req->result = result;
    lco_body_idle(req);
    lco_down_idle(req);
    lco_vm_give_code(req->vm, &req->running);
}

int lco_drive_cache(const lco_req *req)
{
    return req->dconf->code_cache == LCO_UNSET ? LCO_CACHE_ON
                                               : req->dconf->code_cache;
}

/* Puts the phase's function on the main stack; logs and ends the request's
 * Lua if that fails. */
static int push_code(lco_req *req)
{
    lco_vm *vm = req->vm;

    if (lco_vm_take_code(vm, req->code, lco_drive_cache(req), &req->running) ==
        LUA_OK) {
        return 1;
    }
    ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, req->r, "failed to load %s: %s",
                  lco_phase_names[req->phase], lco_vm_error_text(vm->L, -1));
    lua_settop(vm->L, 0);
    if (!req->code->file || access(req->code->file, R_OK) == 0) {
        end(req, HTTP_INTERNAL_SERVER_ERROR);
    }
    else {
        end(req, errno == EACCES ? HTTP_FORBIDDEN : HTTP_NOT_FOUND);
    }
    return 0;
}

static int start(lco_req *req)
{
    request_rec *top = req->r;
    lco_req *first;

    while (top->main) {
        top = top->main;
    }
    first = lco_req_find(top);
    lco_run_init(&req->run, req->vm->sched, &host, req);
    req->run.trace_next = req->capture ? req->capture->trace_next
                          : first      ? &first->trace_next
                                       : &req->trace_next;
    req->run.tracing = APLOG_R_IS_LEVEL(req->r, APLOG_TRACE4);
    req->stage = LCO_STAGE_RUN;
    return lco_run_start(&req->run);
}

typedef struct push_call {
    lco_wait *w;
    int n;
} push_call;

static int push_results(lua_State *L)
{
    push_call *call = lua_touserdata(L, 1);

    lua_settop(L, 0);
    call->n = call->w->push(L, call->w);
    return call->n;
}

/* Resumes the coroutine of a wait that is over. */
static int deliver(lco_req *req, lco_wait *w)
{
    lua_State *L = req->vm->L;
    lco_co *co = w->co;
    push_call call = {w, 0};
    int n = 0;

    TAILQ_REMOVE(&req->woken, w, link);
    lco_co_unpend(&req->run, co);
    if (w->push) {
        /* What allocates in Lua may raise: not on the waiting coroutine. */
        lua_pushcfunction(L, push_results);
        lua_pushlightuserdata(L, &call);
        if (lua_pcall(L, 1, LUA_MULTRET, 0) == LUA_OK) {
            n = lua_gettop(L);
        }
        else {
            lua_pushnil(L);
            lua_insert(L, 1);
            n = 2;
        }
        if (!lua_checkstack(lco_co_state(co), n)) {
            lua_settop(L, 0);
            n = 0;
        }
        lua_xmove(L, lco_co_state(co), n);
    }
    lco_wait_free(w);
    return lco_run_wake(&req->run, co, n);
}

/* Takes what a run function returned; 1 while woken waits may be delivered. */
static int note(lco_req *req, int rc)
{
    if (rc == LCO_AGAIN) {
        req->stage = LCO_STAGE_RUN;
        return 1;
    }
    if (rc == LCO_SERVICE) {
        req->stage = LCO_STAGE_SERVICE;
        return 0;
    }
    end(req, rc);
    return 0;
}

/* The service that the current coroutine asked for was done, VM left. */
static int serve(lco_req *req, lco_drained d)
{
    switch (req->run.service) {
    case LCO_SERVICE_BODY:
        return lco_body_serve_current(req);
    case LCO_SERVICE_CALL:
        return lco_run_continue(&req->run, 0);
    default:
        return lco_flush_current(req, d);
    }
}

int lco_drive_heeds_client(const lco_req *req)
{
    return req->dconf->check_client_abort == 1 && !req->abort_seen &&
           !lco_down_tells(req);
}

int lco_drive_client_left(const lco_req *req)
{
    return lco_drive_heeds_client(req) &&
           (req->r->connection->aborted || req->left ||
            (req->conn && req->conn->client_gone));
}

/* Runs Lua until it waits, asks for a service or ends.  D: what the drain just
 * before came to. */
static void stretch(lco_req *req, lco_drained d)
{
    lco_wait *w;
    int gone, rc = lco_body_serve(req);

    if (!rc) {
        rc = lco_down_serve(req);
    }
    if (rc) {
        if (req->stage == LCO_STAGE_RUN || req->stage == LCO_STAGE_SERVICE) {
            lco_run_abort(&req->run);
        }
        req->input_failed = !req->header_sent;
        end(req, req->header_sent ? LCO_ERROR : rc);
        return;
    }
    gone = lco_drive_client_left(req);
    if (req->stop || req->closing || (gone && !req->run.aborts)) {
        rc = req->stop      ? HTTP_SERVICE_UNAVAILABLE
             : req->closing ? req->closing
                            : 499;
        if (req->stage == LCO_STAGE_RUN || req->stage == LCO_STAGE_SERVICE) {
            lco_run_abort(&req->run);
        }
        end(req, req->header_sent && req->stop ? LCO_ERROR : rc);
        return;
    }
    req->vm->cur = req;
    switch (req->stage) {
    case LCO_STAGE_START:
        if (lco_body_is_wanted(req)) {
            break; /* LuaCoNeedRequestBody */
        }
        rc = push_code(req) ? note(req, start(req)) : 0;
        break;
    case LCO_STAGE_SERVICE:
        rc = note(req, serve(req, d));
        break;
    case LCO_STAGE_RUN:
        lco_flush_serve(req, d);
        rc = 1;
        if (gone) {
            req->abort_seen = 1;
            rc = note(req, lco_run_client_gone(&req->run));
        }
        break;
    case LCO_STAGE_IDLE:
    case LCO_STAGE_ENDED:
        break;
    }
    while (rc && (w = TAILQ_FIRST(&req->woken))) {
        rc = note(req, deliver(req, w));
    }
    lco_down_note(req);
    req->vm->cur = NULL;
}

/* ---- the drive ---- */

static int asks(const lco_req *req, int service)
{
    return req->stage == LCO_STAGE_SERVICE && req->run.service == service;
}

static int has_output(const lco_req *req)
{
    if (lco_out_buffers(req)) {
        return req->stage == LCO_STAGE_SERVICE;
    }
    return (req->out && !APR_BRIGADE_EMPTY(req->out)) || req->flush_asked ||
           req->flush_waits || asks(req, LCO_SERVICE_FLUSH) ||
           lco_out_is_held(req);
}

/* [in VM]  Everything waits: arrange for what brings the request back. */
static void settle(lco_req *req, int slow)
{
    lco_conn *conn = req->conn;
    unsigned events = 0;

    lco_down_settle(req);
    if (!conn) {
        return;
    }
    if (slow) {
        events |= EPOLLOUT;
        if (conn->wrote || conn->writable) {
            lco_flush_renew(req);
            conn->slow_since = 0;
        }
        if (!conn->slow_since) {
            conn->slow_since = lco_now();
        }
    }
    else {
        conn->slow_since = 0;
    }
    conn->wrote = 0;
    conn->writable = 0;
    if (lco_drive_heeds_client(req)) {
        events |= EPOLLRDHUP;
    }
    if (lco_down_wants_input(req)) {
        events |= EPOLLIN | EPOLLRDHUP;
    }
    if (lco_body_wants_input(req)) {
        events |= EPOLLIN;
        lco_body_settle(req);
    }
    if (events) {
        if ((!conn->watch.armed || conn->watch.events != events) &&
            !lco_conn_watch(conn, events)) {
            conn->want_worker = 1; /* the sweep looks again */
        }
    }
    else {
        lco_conn_unwatch(conn);
    }
    if (!req->thread_waits) {
        conn->req = req; /* from here on what the watch sees is for it */
        lco_conn_note_parked(conn);
    }
}

void lco_drive_enter(lco_req *req, int on_loop)
{
    if (on_loop) {
        lco_vm_enter_loop(req->vm);
    }
    else {
        req->vm = lco_vm_pick(req->vm);
        if (req->conn) {
            req->conn->vm = req->vm;
        }
    }
}

int lco_drive_stop_asked(lco_req *req)
{
    if (atomic_load_explicit(&req->vm->stopping, memory_order_relaxed) ==
        LCO_STOP_NOW) {
        req->stop = 1;
    }
    return req->stop;
}

/* [in VM]  After a stretch: is there nothing to do but to wait?  Then what
 * brings the request back is arranged.  MORE: what there is to be read is for
 * another turn. */
static int rests(lco_req *req, lco_drained d, int more)
{
    if ((req->stage != LCO_STAGE_RUN && req->stage != LCO_STAGE_START) ||
        !TAILQ_EMPTY(&req->woken) || (d != LCO_DRAIN_SLOW && has_output(req)) ||
        (lco_down_must_look(req) && !more) || lco_drive_stop_asked(req) ||
        lco_drive_client_left(req)) {
        return 0;
    }
    settle(req, d == LCO_DRAIN_SLOW);
    return 1;
}

int lco_drive_inside(lco_req *req)
{
    if (req->stage != LCO_STAGE_RUN || has_output(req) ||
        lco_body_wants_input(req) || lco_down_wants_input(req)) {
        return 0;
    }
    (void) lco_drive_stop_asked(req);
    stretch(req, LCO_DRAIN_CLEAR);
    return rests(req, LCO_DRAIN_CLEAR, 0);
}

/* Its Lua is over.  Are the captures that it made, too?  They look at its
 * connection, so it cannot end before.  If not, they bring it back. */
static int captures_over(lco_req *req, int on_loop)
{
    if (!req->had_captures) {
        return 1;
    }
    lco_drive_enter(req, on_loop);
    req->had_captures = !LIST_EMPTY(&req->captures);
    if (req->had_captures) {
        settle(req, 0);
    }
    lco_vm_leave(req->vm);
    return !req->had_captures;
}

lco_drove lco_drive_run(lco_req *req, int on_loop)
{
    lco_pumped pumped;
    lco_drained d;

    lco_down_begin(req);
    for (;;) {
        pumped = LCO_PUMP_WAITS;
        if (lco_body_wants_input(req)) {
            pumped = lco_body_pump(req, on_loop);
            if (pumped == LCO_PUMP_WORKER) {
                return DROVE_WORKER;
            }
        }
        if (lco_down_wants_input(req)) {
            pumped = lco_down_pump(req, on_loop);
            if (pumped == LCO_PUMP_WORKER) {
                return DROVE_WORKER;
            }
        }
        d = LCO_DRAIN_CLEAR;
        if (req->stage == LCO_STAGE_ENDED && !captures_over(req, on_loop)) {
            return DROVE_WAITS;
        }
        if (req->stage == LCO_STAGE_ENDED && !req->raw &&
            (lco_out_is_short(req) || (!on_loop && lco_out_fits(req)))) {
            if (req->conn) {
                req->conn->slow_since = 0;
            }
            return DROVE_ENDED; /* goes with the end of stream, in one piece */
        }
        if (has_output(req)) {
            d = lco_out_drain(req, on_loop);
            if (d == LCO_DRAIN_WORKER) {
                return DROVE_WORKER;
            }
        }
        if (req->stage == LCO_STAGE_ENDED) {
            if (d != LCO_DRAIN_SLOW) {
                return DROVE_ENDED;
            }
            lco_drive_enter(req, on_loop);
            if (lco_drive_stop_asked(req)) {
                /* The child does not wait for a client that does not read. */
                req->r->connection->aborted = 1;
                lco_vm_leave(req->vm);
                continue;
            }
            settle(req, 1);
            lco_vm_leave(req->vm);
            return DROVE_WAITS;
        }
        if (asks(req, LCO_SERVICE_CALL)) {
            req->call(req, req->call_data);
        }
        lco_drive_enter(req, on_loop);
        if (req->stage != LCO_STAGE_START) {
            (void) lco_drive_stop_asked(req);
        }
        stretch(req, d);
        if (rests(req, d, pumped == LCO_PUMP_MORE)) {
            if (pumped == LCO_PUMP_MORE) {
                lco_conn_notify(req->conn, req);
            }
            lco_vm_leave(req->vm);
            return DROVE_WAITS;
        }
        lco_vm_leave(req->vm);
    }
}

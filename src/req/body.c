/* Reading the request body: who waits for it, how much is read at a time, and
 * the time it may take.
 *
 * The drive calls lco_body_pump() with the VM left while somebody wants the
 * body, and lco_body_serve() with the VM entered afterwards.  Between two
 * drives a parked request has its client's socket watched (drive.c) and its
 * tick armed: each second it reads through the filters all the same, since
 * mod_reqtimeout looks at its clock only then, and TLS may hold data that no
 * poll shows.  Past Timeout without a byte the request ends with 408.
 *
 * Thread: the owner of the request; ticks run on the loop, inside the VM.
 */
#include "req/body.h"

#include <http_core.h>
#include <http_log.h>

#include "req/conn.h"
#include "req/input.h"

APLOG_USE_MODULE(luaco);

/* One read; httpd's own filters give 8,000 bytes at a time. */
#define READ_MAX 65536

/* What one drive reads on the loop before others get their turn. */
#define TURN_MAX 262144

#define TICK APR_USEC_PER_SEC

/* ---- reading, VM left ---- */

/* The buffer for a body that begins to be read: one of a known length that is
 * not much longer than the buffer may be is kept whole, as nginx does. */
static void start_buffer(lco_body *body)
{
    const request_rec *r = body->req->r;
    const char *header = apr_table_get(r->headers_in, "Content-Length");
    apr_size_t size = lco_body_buffer_size(body->req);
    apr_off_t length;

    if (header && !apr_table_get(r->headers_in, "Transfer-Encoding") &&
        ap_parse_strict_length(&length, header) &&
        length < (apr_off_t) (size + size / 4)) {
        size = (apr_size_t) length;
    }
    lco_body_start_reading(body, size);
}

/* What is kept is all there is. */
static void complete(lco_body *body)
{
    request_rec *r = body->req->r;

    body->over = 1;
    body->discarding = 0;
    if (!body->wanted) {
        return;
    }
    if (!lco_body_finish(body)) {
        body->status = HTTP_INTERNAL_SERVER_ERROR;
        return;
    }
    body->wanted = 0;
    body->is_read = 1;
    if (lco_body_length(body) == 0) {
        lco_body_clear(body);
    }
    if (body->received && !apr_table_get(r->headers_in, "Content-Length") &&
        !apr_table_get(r->headers_in, "Transfer-Encoding")) {
        /* A filter took the header away: what it made has a length again. */
        lco_body_announce(body, body->req);
        return;
    }
    if (lco_body_length(body) > 0) {
        lco_body_offer(body, r);
    }
}

static void give_up(lco_body *body, int status)
{
    body->over = 1;
    body->discarding = 0;
    body->status = status;
    body->req->r->connection->keepalive = AP_CONN_CLOSE;
}

/* Keeps what was read.  0: that failed. */
static int keep(lco_body *body)
{
    apr_bucket *b;
    const char *data;
    apr_size_t len;

    while (!APR_BRIGADE_EMPTY(body->bb)) {
        b = APR_BRIGADE_FIRST(body->bb);
        if (apr_bucket_read(b, &data, &len, APR_BLOCK_READ) != APR_SUCCESS) {
            return 0;
        }
        body->received += (apr_off_t) len;
        if (!body->discarding && len && !lco_body_add(body, data, len)) {
            return 0;
        }
        apr_bucket_delete(b);
    }
    return 1;
}

static void begin(lco_body *body)
{
    request_rec *r = body->req->r;

    body->begun = 1;
    body->raw = lco_body_below(r, body) == r->proto_input_filters;
    body->bb = apr_brigade_create(r->pool, r->connection->bucket_alloc);
    if (!body->discarding) {
        start_buffer(body);
    }
}

/* Nothing came: is it too late? */
static void look_at_time(lco_body *body)
{
    if (body->wanted &&
        lco_now() - body->last >= body->req->r->server->timeout) {
        ap_log_rerror(APLOG_MARK, APLOG_INFO, APR_TIMEUP, body->req->r,
                      "luaco: the client sends nothing of its request body");
        give_up(body, HTTP_REQUEST_TIME_OUT);
    }
}

lco_pumped lco_body_pump(lco_req *req, int on_loop)
{
    lco_body *body = req->body;
    int block = !lco_input_can_poll(req);
    apr_off_t end = body->received + TURN_MAX;
    lco_got got;
    int status, again = 0;

    if (body->over) {
        complete(body);
        return LCO_PUMP_WAITS;
    }
    if (body->discarding && (block || req->r->expecting_100)) {
        body->at_end = 1;
        return LCO_PUMP_WAITS;
    }
    if (block && on_loop) {
        return LCO_PUMP_WORKER;
    }
    if (!body->begun) {
        begin(body);
    }
    while (!body->over) {
        got = lco_input_read(req, body->bb, READ_MAX, block, &status);
        if (got == LCO_GOT_FAILED) {
            give_up(body, status);
        }
        else if (got == LCO_GOT_NOTHING) {
            if (req->conn->client_gone && !again) {
                again = 1; /* httpd sees the end at the second look */
                continue;
            }
            look_at_time(body);
            break;
        }
        else if (!keep(body)) {
            apr_brigade_cleanup(body->bb);
            give_up(body, HTTP_INTERNAL_SERVER_ERROR);
        }
        else if (got == LCO_GOT_END) {
            complete(body);
        }
        else {
            body->last = lco_now();
            if (on_loop && body->received >= end) {
                return LCO_PUMP_MORE;
            }
        }
    }
    return LCO_PUMP_WAITS;
}

void lco_body_want(lco_body *body, lco_req *req)
{
    if (!body->is_read && !body->discarding) {
        body->req = req;
        body->wanted = 1;
        body->last = lco_now();
    }
}

void lco_body_discard(lco_body *body, lco_req *req)
{
    if (!body->is_read && !body->over && !body->wanted) {
        lco_body_clear(body);
        body->req = req;
        body->discarding = 1;
    }
}

void lco_body_fail(lco_req *req, int status)
{
    lco_body *body = lco_body_of(req);

    req->r->connection->keepalive = AP_CONN_CLOSE;
    if (body) {
        body->over = 1;
        body->status = status;
    }
}

int lco_body_wants_input(const lco_req *req)
{
    const lco_body *body = req->body;

    return body && body->req == req && !body->status &&
           (body->wanted || (body->discarding && !body->at_end));
}

/* ---- waiting, [in VM] ---- */

static void on_tick(lco_loop *loop, lco_timer *t)
{
    lco_body *body = t->data;

    (void) loop;
    if (body->req->conn) {
        lco_conn_notify(body->req->conn, body->req);
    }
}

/* kill, exit or abort of a coroutine that waits */
static void stop_reading(lco_wait *w)
{
    lco_body *body = w->req->body;

    TAILQ_REMOVE(&body->readers, w, link);
    if (TAILQ_EMPTY(&body->readers)) {
        lco_body_idle(w->req);
    }
}

int lco_body_serve(lco_req *req)
{
    lco_body *body = req->body;
    lco_wait *w;
    int status;

    if (!body || body->req != req) {
        return 0;
    }
    status = body->wanted ? body->status : 0;
    if (status) {
        /* Said once: whoever makes the error page has an empty body. */
        body->status = 0;
        body->is_read = 1;
        body->wanted = 0;
        return status;
    }
    if (!body->wanted) {
        while ((w = TAILQ_FIRST(&body->readers))) {
            TAILQ_REMOVE(&body->readers, w, link);
            w->woken = 1;
            TAILQ_INSERT_TAIL(&req->woken, w, link);
        }
        lco_body_idle(req);
    }
    return 0;
}

int lco_body_serve_current(lco_req *req)
{
    lco_body *body = req->body;
    lco_wait *w = NULL;

    if (body->wanted) {
        w = lco_wait_new(req, req->run.cur, stop_reading);
    }
    if (!w) {
        return lco_run_continue(&req->run, 0);
    }
    TAILQ_INSERT_TAIL(&body->readers, w, link);
    return lco_run_wait(&req->run);
}

void lco_body_settle(lco_req *req)
{
    lco_body *body = req->body;
    lco_usec left;

    if (!lco_body_wants_input(req) || !body->wanted ||
        lco_timer_armed(&body->tick)) {
        return;
    }
    left = body->last + req->r->server->timeout - lco_now();
    body->tick.fn = on_tick;
    if (lco_timer_start(req->vm->loop, &body->tick,
                        left < TICK ? left + 1000 : TICK) != 0 &&
        req->conn) {
        req->conn->want_worker = 1; /* the sweep looks after it */
    }
}

void lco_body_idle(lco_req *req)
{
    lco_body *body = req->body;

    if (body && body->req == req) {
        body->wanted = 0;
        if (lco_timer_armed(&body->tick)) {
            lco_timer_stop(req->vm->loop, &body->tick);
        }
    }
}

void lco_body_leave(lco_req *req)
{
    lco_body *body = req->body;

    if (!body) {
        return;
    }
    if (body->begun && !body->over && !body->discarding) {
        /* Left in the middle of it, as the reference does. */
        req->r->connection->keepalive = AP_CONN_CLOSE;
    }
    lco_body_spent(body, req->r);
}

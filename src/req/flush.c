/* ngx.flush(true): coroutines that wait until the client has taken the output.
 *
 * Thread: the request's owner, inside the VM.
 */
#include "req/flush.h"

static int push_one(lua_State *L, lco_wait *w)
{
    (void) w;
    lua_pushinteger(L, 1);
    return 1;
}

static int push_gone(lua_State *L, lco_wait *w)
{
    (void) w;
    lua_pushnil(L);
    lua_pushliteral(L, "client aborted");
    return 2;
}

static int push_timeout(lua_State *L, lco_wait *w)
{
    (void) w;
    lua_pushnil(L);
    lua_pushliteral(L, "timeout");
    return 2;
}

static void stop_flush(lco_wait *w)
{
    lco_timer_stop(w->req->vm->loop, &w->timer);
    TAILQ_REMOVE(&w->req->flushers, w, link);
}

static void flush_timeout(lco_loop *loop, lco_timer *t)
{
    lco_wait *w = t->data;

    (void) loop;
    TAILQ_REMOVE(&w->req->flushers, w, link);
    lco_wait_done(w, push_timeout);
}

void lco_flush_serve(lco_req *req, lco_drained d)
{
    lco_wait *w;

    while (d != LCO_DRAIN_SLOW && (w = TAILQ_FIRST(&req->flushers))) {
        TAILQ_REMOVE(&req->flushers, w, link);
        lco_timer_stop(req->vm->loop, &w->timer);
        lco_wait_done(w, d == LCO_DRAIN_CLEAR ? push_one : push_gone);
    }
    req->flush_waits = !TAILQ_EMPTY(&req->flushers);
}

void lco_flush_renew(lco_req *req)
{
    lco_wait *w;

    TAILQ_FOREACH(w, &req->flushers, link)
    {
        (void) lco_timer_start(req->vm->loop, &w->timer,
                               req->r->server->timeout);
    }
}

int lco_flush_current(lco_req *req, lco_drained d)
{
    lco_co *co = req->run.cur;
    lco_wait *w;

    if (d != LCO_DRAIN_CLEAR) {
        w = lco_wait_new(req, co, stop_flush);
        if (w) {
            TAILQ_INSERT_TAIL(&req->flushers, w, link);
            req->flush_waits = 1;
            if (d == LCO_DRAIN_SLOW) {
                w->timer.fn = flush_timeout;
                (void) lco_timer_start(req->vm->loop, &w->timer,
                                       req->r->server->timeout);
            }
            else {
                /* A message allocates: it is pushed by deliver(). */
                lco_flush_serve(req, d);
            }
            return lco_run_wait(&req->run);
        }
        lua_pushnil(lco_co_state(co));
        return lco_run_continue(&req->run, 1);
    }
    lua_pushinteger(lco_co_state(co), 1);
    return lco_run_continue(&req->run, 1);
}

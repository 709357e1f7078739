/* A thread that waits: what cannot be parked (prefork, HTTP/2, a subrequest...)
 * sleeps here while its Lua waits.
 *
 * Thread: a worker, or one that serves captures; the loop wakes it.
 */
#include "req/hold.h"

#include <string.h>
#include <sys/epoll.h>

#include <apr_portable.h>
#include <http_core.h>
#include <http_log.h>

#include "req/body.h"
#include "req/capture.h"
#include "req/conn.h"
#include "req/down.h"
#include "req/drive.h"

APLOG_USE_MODULE(luaco);

/* [in VM]  Is there nothing that the thread could do? */
static int has_nothing(lco_req *req)
{
    if (req->stage == LCO_STAGE_ENDED) {
        return !LIST_EMPTY(&req->captures);
    }
    /* What could not be parked while the client was slow is written now, by
     * writes that block. */
    return TAILQ_EMPTY(&req->woken) && TAILQ_EMPTY(&req->flushers) &&
           !lco_body_is_wanted(req) && !req->look && !req->closing &&
           !lco_drive_stop_asked(req) && !lco_drive_client_left(req);
}

/* The client of a request that no lco_conn looks after. */
typedef struct onlooker {
    lco_watch watch;
    lco_req *req;
} onlooker;

static void on_left(lco_loop *loop, lco_watch *w, unsigned revents)
{
    onlooker *o = w->data;

    (void) revents;
    lco_watch_stop(loop, w); /* level triggered */
    o->req->left = 1;
    pthread_cond_signal(o->req->signal);
}

/* [in VM]  Without one, and for what has no socket of its own (HTTP/2, a
 * capture), the client is known to be gone when something is written. */
static void look_on(lco_req *req, onlooker *o)
{
    conn_rec *c = req->r->connection;
    apr_socket_t *sock;
    apr_os_sock_t fd;

    memset(o, 0, sizeof(*o));
    if (req->conn || req->capture || c->master ||
        !lco_drive_heeds_client(req)) {
        return;
    }
    sock = ap_get_conn_socket(c);
    if (!sock || apr_os_sock_get(&fd, sock) != APR_SUCCESS || fd < 0) {
        return;
    }
    o->req = req;
    o->watch.fd = fd;
    o->watch.events = EPOLLRDHUP;
    o->watch.fn = on_left;
    o->watch.data = o;
    (void) lco_watch_start(req->vm->loop, &o->watch);
}

int lco_hold(lco_req *req)
{
    lco_vm *vm = req->vm;
    pthread_cond_t cond;
    onlooker o;

    if (lco_loop_is_mine(vm->loop)) {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, req->r,
                      "luaco: a loop thread may not wait");
        return 0;
    }
    pthread_cond_init(&cond, NULL);
    lco_capture_thread_waits(1);
    lco_vm_enter(vm);
    req->signal = &cond;
    LIST_INSERT_HEAD(&vm->waiting, req, waiting_link);
    req->in_waiting = 1;
    req->look = lco_down_missed(req) ? 1 : 0;
    if (req->conn) {
        req->conn->waiter = req;
        req->conn->req = NULL;
        lco_conn_forget_parked(req->conn);
    }
    look_on(req, &o);
    while (has_nothing(req)) {
        lco_vm_wait(vm, &cond);
    }
    if (o.watch.armed) {
        lco_watch_stop(vm->loop, &o.watch);
    }
    if (req->conn) {
        req->conn->waiter = NULL;
        lco_conn_unwatch(req->conn);
    }
    lco_down_idle(req);
    req->look = 0;
    LIST_REMOVE(req, waiting_link);
    req->in_waiting = 0;
    req->signal = NULL;
    lco_vm_leave(vm);
    pthread_cond_destroy(&cond);
    lco_capture_thread_waits(0);
    return 1;
}

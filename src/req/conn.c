/* Connections: the split sockets, parking, and the way back.
 *
 * A parked connection looks to the MPM like one that waits for input
 * (CONN_STATE_ASYNC_WAITIO), but the descriptor that the MPM polls is an empty
 * epoll descriptor of ours.  Making that readable brings the connection back
 * to a worker.  Meanwhile the VM's loop thread owns (c, r).
 *
 * Threads: process, suspend, resume and pre_close hooks run on workers (the
 * last two also on the listener, through close_connection); wake_mpm and
 * notify inside the VM.  The hard thing: the MPM may take a parked connection
 * back at any time (Timeout, clock changes), so resume_connection and
 * pre_close reclaim it from the loop before they touch anything (rule 6).
 */
#include "req/conn.h"

#include "req/drive.h"
#include "req/ready.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <httpd.h>
#include <ap_mpm.h>
#include <apr_portable.h>
#include <http_connection.h>
#include <http_core.h>
#include <http_log.h>
#include <http_protocol.h>
#include <http_request.h>
#include <mpm_common.h>
#include <scoreboard.h>

APLOG_USE_MODULE(luaco);

static int can_waitio;
static apr_interval_time_t min_timeout; /* of all servers */

static pthread_mutex_t all_lock = PTHREAD_MUTEX_INITIALIZER;
static LIST_HEAD(, lco_conn) all_conns = LIST_HEAD_INITIALIZER(all_conns);

/* The connection whose process_connection hooks run nested on this thread. */
static _Thread_local conn_rec *wrapped;

lco_conn *lco_conn_get(conn_rec *c)
{
    return ap_get_module_config(c->conn_config, &luaco_module);
}

lco_conn_state lco_conn_state_of(lco_conn *conn)
{
    lco_conn_state state;

    pthread_mutex_lock(&conn->lock);
    state = conn->state;
    pthread_mutex_unlock(&conn->lock);
    return state;
}

/* ---- life of the record ---- */

static int sock_number(apr_socket_t *sock)
{
    apr_os_sock_t fd = -1;

    (void) apr_os_sock_get(&fd, sock);
    return fd;
}

static void point_at(apr_socket_t *sock, int fd, apr_pool_t *pool)
{
    apr_os_sock_t number = fd;

    (void) apr_os_sock_put(&sock, &number, pool);
}

/* Points the MPM's object at the client again, unless the MPM has closed it
 * (then it reads -1 and stays so: rule 4). */
static void point_back(lco_conn *conn)
{
    if (conn->on_ep) {
        if (sock_number(conn->mpm_sock) != -1) {
            point_at(conn->mpm_sock, conn->mpm_fd, conn->c->pool);
        }
        conn->on_ep = 0;
    }
}

/* Pre-cleanup of c->pool: the last moment of a connection. */
static apr_status_t conn_close(void *data)
{
    lco_conn *conn = data;
    int number;

    lco_conn_resume(conn->c, NULL);
    if (conn->req) {
        lco_req_discard(conn->req);
        conn->req = NULL;
    }
    if (conn->vm) {
        lco_vm_enter(conn->vm);
        lco_conn_forget_parked(conn);
        lco_vm_leave(conn->vm);
    }
    pthread_mutex_lock(&all_lock);
    LIST_REMOVE(conn, all_link);
    pthread_mutex_unlock(&all_lock);

    pthread_mutex_lock(&conn->lock);
    lco_ready_clear(conn);
    pthread_mutex_unlock(&conn->lock);
    number = sock_number(conn->mpm_sock);
    if (conn->on_ep && number == -1) {
        /* The MPM closed what its object pointed at, the parking descriptor;
         * the client's own is still ours to close (rule 3). */
        close(conn->mpm_fd);
        conn->ep_fd = -1;
    }
    if (conn->ep_fd >= 0) {
        if (conn->on_ep) {
            /* Not closed yet: give the MPM's object its own number back, its
             * pool cleanup closes it. */
            point_at(conn->mpm_sock, conn->mpm_fd, conn->c->pool);
        }
        close(conn->ep_fd);
    }
    close(conn->io_fd);
    point_at(conn->io_sock, -1, conn->c->pool);
    ap_set_module_config(conn->c->conn_config, &luaco_module, NULL);
    pthread_mutex_destroy(&conn->lock);
    pthread_cond_destroy(&conn->cond);
    free(conn->spare_req);
    free(conn);
    return APR_SUCCESS;
}

static ap_filter_t *core_filter(conn_rec *c)
{
    ap_filter_t *f;

    for (f = c->input_filters; f; f = f->next) {
        if (f->frec == ap_core_input_filter_handle) {
            return f;
        }
    }
    return NULL;
}

/* Gives the filters a socket object of their own on a dup of the descriptor
 * (rule 1).  Called before anything was read. */
static lco_conn *conn_open(conn_rec *c)
{
    ap_filter_t *f = core_filter(c);
    core_net_rec *net = f ? f->ctx : NULL;
    apr_socket_t *sock = ap_get_conn_socket(c);
    apr_socket_t *second = NULL;
    apr_interval_time_t timeout = 0;
    lco_conn *conn;
    apr_os_sock_t number;
    int fd, dup_fd;

    /* After the first read it is too late: a socket bucket keeps its object
     * (a connection that got no descriptor at its start stays whole). */
    if (!net || net->client_socket != sock || !sock || net->in_ctx) {
        return NULL;
    }
    fd = sock_number(sock);
    dup_fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    if (dup_fd < 0) {
        ap_log_cerror(APLOG_MARK, APLOG_WARNING, APR_FROM_OS_ERROR(errno), c,
                      "luaco: no descriptor left to park this connection; its "
                      "requests hold a thread");
        return NULL;
    }
    conn = calloc(1, sizeof(*conn));
    if (!conn) {
        close(dup_fd);
        return NULL;
    }
    conn->c = c;
    conn->mpm_sock = sock;
    conn->mpm_fd = fd;
    conn->io_fd = dup_fd;
    conn->ep_fd = -1;
    conn->ready_fd = -1;
    conn->mpm_cs = c->cs;
    conn->watch.fd = dup_fd;
    pthread_mutex_init(&conn->lock, NULL);
    pthread_cond_init(&conn->cond, NULL);

    number = dup_fd;
    (void) apr_os_sock_put(&second, &number, c->pool); /* cannot fail */
    /* The new object forgot what the first one knew. */
    (void) apr_socket_timeout_get(sock, &timeout);
    (void) apr_socket_timeout_set(second, timeout);
    conn->io_sock = second;
    net->client_socket = second;
    ap_set_core_module_config(c->conn_config, second);

    ap_set_module_config(c->conn_config, &luaco_module, conn);
    apr_pool_pre_cleanup_register(c->pool, conn, conn_close);
    pthread_mutex_lock(&all_lock);
    LIST_INSERT_HEAD(&all_conns, conn, all_link);
    pthread_mutex_unlock(&all_lock);
    (void) lco_gate_open(conn);
    return conn;
}

/* ---- parking ---- */

/* Does a caller on this thread wait for r's end?  ngx.exec's target goes on by
 * itself, whoever runs it. */
static int is_nested(request_rec *r)
{
    const lco_req *req = r->prev && !r->main ? lco_req_find(r) : NULL;

    return r->main || (r->prev && !(req && req->exec_parks));
}

int lco_conn_can_park(request_rec *r)
{
    lco_conn *conn = lco_conn_get(r->connection);

    return conn && wrapped == r->connection && r->connection->cs &&
           r->connection->cs->state == CONN_STATE_HANDLER &&
           !r->connection->clogging_input_filters && !r->connection->master &&
           !is_nested(r);
}

int lco_conn_arm(lco_conn *conn)
{
    if (conn->ep_fd < 0) {
        conn->ep_fd = epoll_create1(EPOLL_CLOEXEC);
        if (conn->ep_fd < 0) {
            ap_log_cerror(APLOG_MARK, APLOG_WARNING, APR_FROM_OS_ERROR(errno),
                          conn->c,
                          "luaco: no descriptor left to park this request; it "
                          "holds a thread");
            return 0;
        }
    }
    conn->armed = 1;
    return 1;
}

/* Worker: the nested hooks left the connection suspended and we asked for
 * it.  From here to the suspend hook the MPM does nothing with it.
 *
 * It would close an aborted connection instead of suspending it
 * (process_socket), but without LuaCoCheckClientAbort its Lua runs on: the MPM
 * does not get to see that the client has gone until it is back (rule 7). */
static void park(lco_conn *conn)
{
    conn_rec *c = conn->c;

    assert(conn->req);
    conn->was_aborted = c->aborted ? 1 : 0;
    c->aborted = 0;
    conn->parked_since = lco_now();
    point_at(conn->mpm_sock, conn->ep_fd, c->pool);
    conn->on_ep = 1;
    conn->mpm_cs->state = CONN_STATE_ASYNC_WAITIO;
    conn->mpm_cs->sense = CONN_SENSE_WANT_READ;
    conn->own_cs.state = CONN_STATE_SUSPENDED;
    conn->own_cs.sense = CONN_SENSE_DEFAULT;
    c->cs = &conn->own_cs;
    ap_log_rerror(APLOG_MARK, APLOG_TRACE4, 0, conn->req->r, "luaco: park");
}

void lco_conn_suspend(conn_rec *c, request_rec *r)
{
    lco_conn *conn = lco_conn_get(c);
    lco_vm *vm;
    int pending;

    (void) r;
    if (!conn) {
        return;
    }
    if (!conn->armed || conn->mpm_cs->state != CONN_STATE_ASYNC_WAITIO) {
        /* Whoever takes it up next locks it as well, and sees what we did: the
         * lists of the MPM in between are not all locked ones. */
        pthread_mutex_lock(&conn->lock);
        pthread_mutex_unlock(&conn->lock);
        return;
    }
    conn->armed = 0;
    c->aborted = conn->was_aborted;
    vm = conn->vm;
    pthread_mutex_lock(&conn->lock);
    pending = conn->wake_pending;
    if (!pending) {
        conn->state = LCO_CONN_PARKED; /* no access to conn after unlock */
    }
    pthread_mutex_unlock(&conn->lock);
    if (!pending) {
        return;
    }
    /* Something woke the request before it was parked.  With the VM entered
     * nobody else can take it between the two steps. */
    lco_vm_enter(vm);
    pthread_mutex_lock(&conn->lock);
    conn->state = LCO_CONN_PARKED;
    conn->wake_pending = 0;
    pthread_mutex_unlock(&conn->lock);
    lco_req_ready(conn->req);
    lco_vm_leave(vm);
    lco_loop_wake(vm->loop);
}

void lco_conn_notify(lco_conn *conn, lco_req *req)
{
    int parked;

    pthread_mutex_lock(&conn->lock);
    parked = conn->state == LCO_CONN_PARKED;
    if (!parked) {
        conn->wake_pending = 1;
    }
    pthread_mutex_unlock(&conn->lock);
    if (parked) {
        lco_req_ready(req);
        if (!lco_loop_is_mine(req->vm->loop)) {
            lco_loop_wake(req->vm->loop);
        }
    }
}

/* In a child that ends at once the workers are gone or about to go, but the
 * listener would wait for one (rule 8): the child could not end. */
static int no_worker_comes(lco_vm *vm)
{
    return atomic_load(&vm->stop_asked) == LCO_STOP_NOW;
}

void lco_conn_wake_mpm(lco_conn *conn)
{
    lco_conn_unwatch(conn);
    if (conn->req) {
        lco_req_unready(conn->req);
    }
    pthread_mutex_lock(&conn->lock);
    conn->driving = 0;
    if (conn->reclaim) {
        pthread_cond_signal(&conn->cond); /* the MPM has it already */
    }
    else if (conn->state != LCO_CONN_WORKER && !no_worker_comes(conn->vm)) {
        conn->want_worker = !lco_ready_put(conn);
        if (conn->want_worker) {
            lco_conn_note_parked(conn); /* the sweep tries again */
        }
        else {
            lco_conn_forget_parked(conn);
            conn->state = LCO_CONN_WAKING; /* no access after unlock */
        }
    }
    pthread_mutex_unlock(&conn->lock);
}

/* Takes a parked connection away from the loop, ending its Lua.  Worker or
 * listener, VM not entered. */
static void reclaim(lco_conn *conn)
{
    lco_vm *vm = conn->vm;

    lco_vm_enter(vm);
    pthread_mutex_lock(&conn->lock);
    if (conn->state == LCO_CONN_PARKED && conn->driving) {
        /* The loop is at work on it with the VM left; it will not block. */
        conn->reclaim = 1;
        pthread_mutex_unlock(&conn->lock);
        lco_vm_leave(vm);
        pthread_mutex_lock(&conn->lock);
        while (conn->driving) {
            pthread_cond_wait(&conn->cond, &conn->lock);
        }
        pthread_mutex_unlock(&conn->lock);
        lco_vm_enter(vm);
        pthread_mutex_lock(&conn->lock);
        assert(!conn->driving); /* lco_drive_turn() leaves it alone */
        conn->reclaim = 0;
    }
    conn->state = LCO_CONN_WORKER;
    conn->wake_pending = 0;
    pthread_mutex_unlock(&conn->lock);
    lco_conn_unwatch(conn);
    lco_conn_forget_parked(conn);
    if (conn->req) {
        lco_req_abort(conn->req);
    }
    lco_vm_leave(vm);
}

void lco_conn_resume(conn_rec *c, request_rec *r)
{
    lco_conn *conn = lco_conn_get(c);
    int parked;

    (void) r;
    if (!conn) {
        return;
    }
    pthread_mutex_lock(&conn->lock);
    parked = conn->state == LCO_CONN_PARKED;
    if (conn->state == LCO_CONN_ARMED) {
        conn->state = LCO_CONN_WORKER;
    }
    pthread_mutex_unlock(&conn->lock);
    if (parked) {
        reclaim(conn);
    }
    c->cs = conn->mpm_cs;
}

int lco_conn_pre_close(conn_rec *c)
{
    lco_conn *conn = lco_conn_get(c);
    lco_req *req;

    if (!conn) {
        return DECLINED;
    }
    lco_conn_resume(c, NULL);
    pthread_mutex_lock(&conn->lock);
    lco_ready_clear(conn);
    pthread_mutex_unlock(&conn->lock);
    point_back(conn);
    req = conn->req;
    if (req) {
        /* The MPM closes a connection whose request is not finished. */
        conn->req = NULL;
        lco_drive_lost(req);
    }
    return DECLINED;
}

/* A worker got the connection back from the MPM because we asked for one: to
 * go on with the request, or to hand an idle connection to the MPM. */
static void go_on(lco_conn *conn)
{
    conn_rec *c = conn->c;

    if (!conn->req) {
        lco_gate_release(conn);
        c->cs->state =
            c->aborted ? CONN_STATE_LINGER : CONN_STATE_WRITE_COMPLETION;
        return;
    }
    c->cs->state = CONN_STATE_HANDLER;
    ap_log_rerror(APLOG_MARK, APLOG_TRACE4, 0, conn->req->r, "luaco: unpark");
    ap_update_child_status(c->sbh, SERVER_BUSY_WRITE, conn->req->r);
    wrapped = c;
    lco_drive_go_on(conn->req);
    wrapped = NULL;
    if (c->cs->state != CONN_STATE_WRITE_COMPLETION &&
        c->cs->state != CONN_STATE_SUSPENDED) {
        c->cs->state = CONN_STATE_LINGER;
    }
}

/* A worker takes the connection: the MPM's object and record are put back.
 * 1: we asked for this worker. */
static int take_up(lco_conn *conn)
{
    int asked;

    pthread_mutex_lock(&conn->lock);
    asked = conn->state == LCO_CONN_WAKING;
    conn->state = LCO_CONN_WORKER;
    conn->wake_pending = 0; /* lco_drive_go_on() looks at everything itself */
    lco_ready_clear(conn);
    pthread_mutex_unlock(&conn->lock);
    point_back(conn);
    conn->c->cs = conn->mpm_cs;
    return asked;
}

int lco_conn_process(conn_rec *c)
{
    lco_conn *conn;
    int rc = OK;

    if (!can_waitio || wrapped == c || c->master || !c->cs) {
        return DECLINED;
    }
    conn = lco_conn_get(c);
    if (!conn) {
        conn = conn_open(c);
        if (!conn) {
            return DECLINED;
        }
    }
    if (conn->on_ep && (take_up(conn) || conn->req)) {
        go_on(conn);
    }
    else {
        wrapped = c;
        rc = ap_run_process_connection(c);
        wrapped = NULL;
        if (rc == DECLINED) {
            /* Nobody processes this connection: answering DECLINED too would
             * ask all hooks again. */
            c->cs->state = CONN_STATE_LINGER;
            return DONE;
        }
    }
    if (conn->armed) {
        if (c->cs->state == CONN_STATE_SUSPENDED) {
            park(conn);
        }
        else {
            /* The request ended another way after it had asked to be parked
             * (another module's hook turned SUSPENDED into a status). */
            conn->armed = 0;
            conn->req = NULL;
        }
    }
    return rc;
}

/* ---- start and stop ---- */

void lco_conn_shutdown_all(void)
{
    lco_conn *conn;

    pthread_mutex_lock(&all_lock);
    LIST_FOREACH(conn, &all_conns, all_link)
    {
        /* Of the others none holds a thread, and what is armed would wake the
         * listener, see no_worker_comes(). */
        if (lco_conn_state_of(conn) == LCO_CONN_WORKER) {
            (void) shutdown(conn->io_fd, SHUT_RDWR);
        }
    }
    pthread_mutex_unlock(&all_lock);
}

void lco_conn_setup(server_rec *s)
{
    int value = 0;

    can_waitio = 0;
    if (ap_mpm_query(AP_MPMQ_IS_ASYNC, &value) == APR_SUCCESS && value) {
        value = 0;
        if (ap_mpm_query(AP_MPMQ_CAN_WAITIO, &value) == APR_SUCCESS && value) {
            can_waitio = 1;
        }
    }
    min_timeout = s->timeout;
    for (; s; s = s->next) {
        if (s->timeout < min_timeout) {
            min_timeout = s->timeout;
        }
    }
}

int lco_conn_child_init(void)
{
    return !can_waitio || lco_ready_child_init();
}

apr_interval_time_t lco_conn_least_timeout(void)
{
    return min_timeout;
}

int lco_conn_can_waitio(void)
{
    return can_waitio;
}

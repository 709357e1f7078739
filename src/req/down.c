/* The client as a link; see down.h.
 *
 * The hard thing is who may touch what: the buffers and filters are the
 * owner's, but the socket that has the link may be closed by Lua's collector
 * while any request of the VM runs, and its timers fire on the loop.  So these
 * only take `user` away, and the owner notes inside the VM, at the end of each
 * stretch, what it has to do outside.
 */
#include "req/down.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>

#include <apr_portable.h>
#include <http_core.h>
#include <http_log.h>
#include <util_filter.h>

#include "io/tcp.h"
#include "req/conn.h"
#include "req/input.h"

APLOG_USE_MODULE(luaco);

enum {
    /* What one pump reads, and what lies here to be sent, at most. */
    IN_MAX = 65536,
    OUT_MAX = 65536,
    /* A read that gave less has probably emptied the socket. */
    SMALL = 4096,
    /* What one drive reads on the loop before others get their turn. */
    TURN_MAX = 262144
};

/* How often filters are asked that no poll can show: mod_reqtimeout looks at
 * its clock only when it is read from. */
#define TICK APR_USEC_PER_SEC
/* The same where nothing else wakes the request: an HTTP/2 stream. */
#define SHORT_TICK (20 * 1000)

struct lco_down {
    lco_link link; /* first */
    lco_req *req;
    unsigned raw : 1;

    /* Owner. */
    apr_bucket_brigade *in; /* read, and not yet received */
    apr_off_t in_bytes;
    apr_off_t turn; /* bytes read in this drive */
    int err;        /* what comes after `in` once `over`; 0: the end */
    int status;     /* the run ends with it; 0: no */
    int over;
    int want; /* a coroutine waits for input */
    int left; /* the client is said to send no more */
    int dry;  /* nothing was there at the last look */
    int began;
    lco_usec send_timeout; /* the socket's */
    int too_slow;          /* a write took longer than that */

    /* In VM. */
    lco_timer tick;
    lco_watch watch; /* of the client's socket, where no lco_conn is */
    int gone;        /* ... it has shut down */
};

static lco_tcp *reader(const lco_down *d)
{
    return d->link.on_ready ? d->link.user : NULL;
}

/* ---- the link, [in VM] ---- */

static ssize_t down_recv(lco_link *l, void *buf, size_t len)
{
    lco_down *d = (lco_down *) l;
    size_t got = 0, n;
    const char *data;
    apr_bucket *b;

    while (got < len && !APR_BRIGADE_EMPTY(d->in)) {
        b = APR_BRIGADE_FIRST(d->in);
        /* Of memory: the pump has read it. */
        if (apr_bucket_read(b, &data, &n, APR_NONBLOCK_READ) != APR_SUCCESS) {
            errno = EIO;
            return -1;
        }
        if (n > len - got) {
            n = len - got;
            if (apr_bucket_split(b, n) != APR_SUCCESS) {
                errno = ENOMEM;
                return -1;
            }
        }
        memcpy((char *) buf + got, data, n);
        got += n;
        apr_bucket_delete(b);
    }
    d->in_bytes -= (apr_off_t) got;
    if (got == 0 && (!d->over || d->err)) {
        errno = d->over ? d->err : EAGAIN;
        return -1;
    }
    return (ssize_t) got;
}

static ssize_t down_send(lco_link *l, const void *buf, size_t len)
{
    lco_down *d = (lco_down *) l;
    lco_req *req = d->req;

    if (req->eof || req->aborted || req->r->connection->aborted) {
        errno = d->too_slow ? ETIMEDOUT : EPIPE;
        return -1;
    }
    if (req->out_bytes >= OUT_MAX) {
        errno = EAGAIN;
        return -1;
    }
    if (len > (size_t) (OUT_MAX - req->out_bytes)) {
        len = (size_t) (OUT_MAX - req->out_bytes);
    }
    if (lco_out_raw(req, buf, len) != 0) {
        errno = ENOMEM;
        return -1;
    }
    return (ssize_t) len;
}

static void down_close(lco_link *l)
{
    (void) l; /* the request's end does the rest */
}

static const lco_link_ops down_ops = {down_recv, down_send, down_close};

/* ---- what wakes it, [in VM], on the loop ---- */

static void wake(lco_down *d)
{
    lco_req *req = d->req;

    if (req->signal) {
        req->look = 1;
        pthread_cond_signal(req->signal);
    }
    else if (req->conn) {
        lco_conn_notify(req->conn, req);
    }
}

static void on_tick(lco_loop *loop, lco_timer *t)
{
    (void) loop;
    wake(t->data);
}

static void on_event(lco_loop *loop, lco_watch *w, unsigned revents)
{
    lco_down *d = w->data;

    if (revents & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) {
        d->gone = 1;
    }
    lco_watch_stop(loop, w); /* level triggered */
    wake(d);
}

lco_link *lco_down_open(lco_req *req, int raw)
{
    conn_rec *c = req->r->connection;
    lco_down *d = apr_pcalloc(req->r->pool, sizeof(*d));
    apr_os_sock_t fd = -1;

    d->link.ops = &down_ops;
    d->link.fd = -1;
    d->link.loop = req->vm->loop;
    d->req = req;
    d->raw = raw ? 1 : 0;
    d->in = apr_brigade_create(req->r->pool, c->bucket_alloc);
    if (raw) {
        c->keepalive = AP_CONN_CLOSE;
    }
    lco_timer_init(&d->tick, on_tick, d);
    if (!req->conn && !c->master && ap_get_conn_socket(c)) {
        (void) apr_os_sock_get(&fd, ap_get_conn_socket(c));
    }
    d->watch.fd = fd;
    d->watch.events = EPOLLIN | EPOLLRDHUP;
    d->watch.fn = on_event;
    d->watch.data = d;
    lco_down_idle(req); /* the one before it */
    req->down = d;
    return &d->link;
}

/* ---- reading, VM left ---- */

static ap_filter_t *filters(const lco_down *d)
{
    request_rec *r = d->req->r;

    return d->raw ? r->connection->input_filters : r->input_filters;
}

static void begin(lco_down *d)
{
    request_rec *r = d->req->r;

    d->began = 1;
    if (!d->raw) {
        d->req->body->begun = 1;
    }
    else {
        /* Its time is for requests: as mod_proxy does when a connection is
         * upgraded. */
        ap_remove_input_filter_byhandle(r->connection->input_filters,
                                        "reqtimeout");
    }
}

static void end(lco_down *d, int err)
{
    d->over = 1;
    d->err = err;
    if (!d->raw) {
        d->req->body->over = 1;
    }
}

/* The system's number in RV, or one that says little. */
static int errno_of(apr_status_t rv)
{
    return rv > 0 && rv < APR_OS_START_ERROR ? rv : EIO;
}

/* Appends what was read to `in`, in memory.  Gives how much that is, -1 where
 * it failed. */
static apr_off_t take(lco_down *d, apr_bucket_brigade *bb)
{
    apr_off_t n = 0;
    const char *data;
    apr_size_t len;
    apr_bucket *b;

    for (b = APR_BRIGADE_FIRST(bb); b != APR_BRIGADE_SENTINEL(bb);
         b = APR_BUCKET_NEXT(b)) {
        /* mod_ssl's are gone with its next read. */
        if (apr_bucket_read(b, &data, &len, APR_BLOCK_READ) != APR_SUCCESS ||
            apr_bucket_setaside(b, d->req->r->pool) != APR_SUCCESS) {
            return -1;
        }
        n += (apr_off_t) len;
    }
    APR_BRIGADE_CONCAT(d->in, bb);
    d->in_bytes += n;
    d->turn += n;
    if (!d->raw) {
        d->req->body->received += n;
        d->req->body->last = lco_now();
    }
    return n;
}

/* One read.  Gives how many bytes came, 0 for none, for the end too. */
static apr_off_t read_some(lco_down *d, apr_bucket_brigade *bb)
{
    lco_req *req = d->req;
    apr_off_t max = IN_MAX - d->in_bytes, n;
    apr_status_t rv = APR_SUCCESS;
    int status = 0;
    lco_got got;

    got = d->raw ? lco_input_read_raw(req, bb, max, &rv)
                 : lco_input_read(req, bb, max, 0, &status);
    switch (got) {
    case LCO_GOT_NOTHING:
        return 0;
    case LCO_GOT_FAILED:
        if (d->raw) {
            end(d, errno_of(rv));
        }
        else if (req->input_gone) {
            end(d, ECONNABORTED);
        }
        else {
            end(d, EIO);
            d->status = status;
        }
        return 0;
    case LCO_GOT_DATA:
    case LCO_GOT_END:
        break;
    }
    n = take(d, bb);
    if (n < 0) {
        apr_brigade_cleanup(bb);
        end(d, EIO);
        return 0;
    }
    if (got == LCO_GOT_END) {
        /* A raw one's end is an error where Lua is to end with its client. */
        end(d,
            d->raw && req->dconf->check_client_abort == 1 ? ECONNABORTED : 0);
    }
    return n;
}

int lco_down_wants_input(const lco_req *req)
{
    return req->down && req->down->want && !req->down->over;
}

int lco_down_must_look(const lco_req *req)
{
    return lco_down_wants_input(req) && !req->down->dry;
}

void lco_down_begin(lco_req *req)
{
    if (req->down) {
        req->down->turn = 0;
    }
}

lco_pumped lco_down_pump(lco_req *req, int on_loop)
{
    lco_down *d = req->down;
    int left = d->left || (req->conn && req->conn->client_gone);
    apr_bucket_brigade *bb;
    apr_off_t n;

    if (d->in_bytes > 0) {
        return LCO_PUMP_WAITS; /* whoever wanted it has given up */
    }
    if (on_loop && !lco_input_are_known(filters(d))) {
        return LCO_PUMP_WORKER;
    }
    if (on_loop && d->turn >= TURN_MAX) {
        return LCO_PUMP_MORE;
    }
    if (!d->began) {
        begin(d);
    }
    bb = apr_brigade_create(req->r->pool, req->r->connection->bucket_alloc);
    d->dry = 0;
    while (!d->over && d->in_bytes < IN_MAX) {
        n = read_some(d, bb);
        if (n == 0 && !d->over && left) {
            left = 0; /* httpd sees the end at the second look */
            continue;
        }
        if (n == 0) {
            d->dry = 1;
        }
        if (n < SMALL) {
            break;
        }
    }
    apr_brigade_destroy(bb);
    return LCO_PUMP_WAITS;
}

/* ---- between the stretches, [in VM] ---- */

int lco_down_serve(lco_req *req)
{
    lco_down *d = req->down;
    lco_tcp *tcp = d ? reader(d) : NULL;
    int status = d ? d->status : 0;

    if (status) {
        d->status = 0;
        return status;
    }
    if (!tcp) {
        return 0;
    }
    d->link.readable =
        lco_tcp_is_reading(tcp) && (d->in_bytes > 0 || d->over) ? 1 : 0;
    d->link.writable =
        lco_tcp_is_sending(tcp) && (req->out_bytes < OUT_MAX || req->aborted)
            ? 1
            : 0;
    if (d->link.readable || d->link.writable) {
        req->serving = 1;
        d->link.on_ready(&d->link, d->link.user);
        req->serving = 0;
    }
    return 0;
}

void lco_down_note(lco_req *req)
{
    lco_down *d = req->down;
    const lco_tcp *tcp = d ? reader(d) : NULL;

    if (d) {
        d->want = tcp && lco_tcp_is_reading(tcp);
        d->left = d->gone;
        d->send_timeout = tcp ? tcp->send_timeout : d->send_timeout;
    }
}

void lco_down_settle(lco_req *req)
{
    lco_down *d = req->down;
    lco_usec tick = TICK;

    if (!lco_down_wants_input(req)) {
        lco_down_idle(req);
        return;
    }
    if (!req->conn) {
        if (d->watch.fd < 0 ||
            (!d->watch.armed &&
             lco_watch_start(req->vm->loop, &d->watch) != 0)) {
            tick = SHORT_TICK;
        }
    }
    else if (d->raw && lco_input_are_known(filters(d))) {
        return;
    }
    if (!lco_timer_armed(&d->tick) &&
        lco_timer_start(req->vm->loop, &d->tick, tick) != 0 && req->conn) {
        req->conn->want_worker = 1; /* the sweep looks after it */
    }
}

int lco_down_missed(const lco_req *req)
{
    const lco_down *d = req->down;

    if (!lco_down_wants_input(req)) {
        return 0;
    }
    return req->conn ? !req->conn->watch.armed
                     : !d->watch.armed && !lco_timer_armed(&d->tick);
}

void lco_down_idle(lco_req *req)
{
    lco_down *d = req->down;

    if (d && lco_timer_armed(&d->tick)) {
        lco_timer_stop(req->vm->loop, &d->tick);
    }
    if (d && d->watch.armed) {
        lco_watch_stop(req->vm->loop, &d->watch);
    }
}

apr_socket_t *lco_down_limit(lco_req *req, apr_interval_time_t *was)
{
    conn_rec *c = req->r->connection;
    apr_socket_t *sock = NULL;

    if (req->raw && req->down->send_timeout && !c->master) {
        sock = ap_get_conn_socket(c);
        if (sock && apr_socket_timeout_get(sock, was) == APR_SUCCESS) {
            (void) apr_socket_timeout_set(sock, req->down->send_timeout);
        }
    }
    return sock;
}

void lco_down_unlimit(lco_req *req, apr_socket_t *sock, apr_interval_time_t was,
                      apr_status_t rv)
{
    if (sock) {
        (void) apr_socket_timeout_set(sock, was);
        req->down->too_slow = APR_STATUS_IS_TIMEUP(rv);
    }
}

void lco_down_pass_on(lco_req *req)
{
    if (req->down && !req->down->raw && req->body) {
        if (!lco_body_is_over(req->body)) {
            /* What is left must not pass for the client's next request. */
            req->r->connection->keepalive = AP_CONN_CLOSE;
        }
        lco_body_announce(req->body, req);
    }
}

int lco_down_tells(const lco_req *req)
{
    return req->down && (req->down->raw || lco_down_wants_input(req));
}

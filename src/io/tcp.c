/* A handle's life: connecting, the two slots, closing.
 *
 * States and what leads from one to the next:
 *
 *   CLOSED -> QUEUED -> RESOLVING -> CONNECTING -> OPEN -> HANDSHAKING -> OPEN
 *
 * where QUEUED and RESOLVING may be left out, an idle connection leads from
 * CLOSED or QUEUED to OPEN at once, and each leads back to CLOSED.  The hard
 * thing is that closing one connection of a pool lets another handle connect,
 * in the same call: a handle has let go of everything before it tells its
 * pool.
 */
#include "io/tcp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "io/connpool.h"

static void on_rtimer(lco_loop *loop, lco_timer *t)
{
    (void) loop;
    lco_tcp_end_read(t->data, LCO_IO_TIMEOUT);
}

static void cancel_query(lco_tcp *tcp)
{
    if (tcp->dial) {
        lco_resolve_cancel(&tcp->dial->query);
    }
}

/* The connection that could not be made is given up. */
static void give_up(lco_tcp *tcp)
{
    lco_link *l = tcp->link;
    lco_pool *pool = tcp->pool;

    lco_timer_stop(tcp->loop, &tcp->wtimer);
    cancel_query(tcp);
    tcp->state = LCO_TCP_CLOSED;
    tcp->link = NULL;
    tcp->pool = NULL;
    if (l) {
        lco_link_close(l);
    }
    if (pool) {
        lco_pool_leave(pool);
    }
}

static lco_io try_next(lco_tcp *tcp);

static void on_wtimer(lco_loop *loop, lco_timer *t)
{
    lco_tcp *tcp = t->data;
    lco_pool *pool = tcp->pool;

    (void) loop;
    switch (tcp->state) {
    case LCO_TCP_QUEUED:
        tcp->state = LCO_TCP_CLOSED;
        tcp->pool = NULL;
        lco_pool_unqueue(pool, tcp);
        break;
    case LCO_TCP_RESOLVING:
        give_up(tcp);
        tcp->err = LCO_DNS_TIMEOUT;
        lco_tcp_end_write(tcp, LCO_IO_RESOLVE);
        return;
    case LCO_TCP_CONNECTING:
    case LCO_TCP_HANDSHAKING:
        give_up(tcp);
        break;
    case LCO_TCP_OPEN:
    case LCO_TCP_CLOSED:
        break;
    }
    lco_tcp_end_write(tcp, LCO_IO_TIMEOUT);
}

void lco_tcp_init(lco_tcp *tcp, lco_loop *loop)
{
    memset(tcp, 0, sizeof(*tcp));
    tcp->loop = loop;
    lco_timer_init(&tcp->rtimer, on_rtimer, tcp);
    lco_timer_init(&tcp->wtimer, on_wtimer, tcp);
}

void lco_tcp_free(lco_tcp *tcp)
{
    tcp->rdone = tcp->wdone = NULL;
    lco_tcp_close(tcp);
    lco_tcp_drop_input(tcp);
    free(tcp->out);
    free(tcp->dial);
    free(tcp->local);
    tcp->out = NULL;
    tcp->dial = NULL;
    tcp->local = NULL;
}

/* ---- events ---- */

static void connected(lco_tcp *tcp)
{
    int err = lco_link_error(tcp->link);
    lco_io rc = LCO_IO_OK;

    tcp->state = LCO_TCP_OPEN;
    if (err) {
        lco_link_close(tcp->link);
        tcp->link = NULL;
        tcp->err = err;
        rc = try_next(tcp);
    }
    if (rc != LCO_IO_WAIT) {
        lco_tcp_end_write(tcp, rc);
    }
}

/* Goes on with a handshake. */
static lco_io shake(lco_tcp *tcp)
{
    lco_io rc = lco_tls_handshake(tcp->link, &tcp->tls_err, &tcp->tls_code);

    if (rc == LCO_IO_OK) {
        tcp->state = LCO_TCP_OPEN;
    }
    else if (rc == LCO_IO_WAIT) {
        tcp->state = LCO_TCP_HANDSHAKING;
        if (lco_link_watch(tcp->link, tcp->link->cross_read) != 0) {
            tcp->tls_err = "handshake failed";
            rc = LCO_IO_TLS;
        }
    }
    if (rc == LCO_IO_TLS) {
        give_up(tcp);
    }
    return rc;
}

static void on_handshake(lco_tcp *tcp)
{
    lco_io rc = shake(tcp);

    if (rc != LCO_IO_WAIT) {
        lco_tcp_end_write(tcp, rc);
    }
}

static void on_ready(lco_link *l, void *user)
{
    lco_tcp *tcp = user;

    if (tcp->state == LCO_TCP_CONNECTING) {
        if (l->writable) {
            connected(tcp);
        }
        return;
    }
    if (tcp->state == LCO_TCP_HANDSHAKING) {
        on_handshake(tcp);
        return;
    }
    if (tcp->rdone && lco_link_can_read(l)) {
        lco_tcp_on_readable(tcp);
    }
    if (tcp->link == l && tcp->wdone && lco_link_can_send(l)) {
        lco_tcp_on_writable(tcp);
    }
}

void lco_tcp_end_write(lco_tcp *tcp, lco_io result)
{
    lco_tcp_done *done = tcp->wdone;

    lco_timer_stop(tcp->loop, &tcp->wtimer);
    tcp->wdone = NULL;
    if (tcp->state == LCO_TCP_OPEN && result != LCO_IO_OK) {
        tcp->write_closed = 1;
    }
    if (done) {
        done(tcp, result);
    }
}

/* ---- connecting ---- */

void lco_tcp_attach(lco_tcp *tcp, lco_link *l)
{
    tcp->link = l;
    tcp->state = LCO_TCP_OPEN;
    l->on_ready = on_ready;
    l->user = tcp;
    if (l->spare) {
        free(tcp->data);
        tcp->data = l->spare;
        tcp->cap = l->spare_size;
        tcp->start = tcp->end = 0;
        l->spare = NULL;
    }
}

lco_link *lco_tcp_detach(lco_tcp *tcp)
{
    lco_link *l = tcp->link;

    /* The connection's next user will want a buffer of that size. */
    if (tcp->cap == tcp->buffer_size) {
        l->spare = tcp->data;
        l->spare_size = tcp->cap;
        tcp->data = NULL;
    }
    lco_tcp_drop_input(tcp);
    tcp->link = NULL;
    tcp->pool = NULL;
    tcp->state = LCO_TCP_CLOSED;
    tcp->read_closed = tcp->write_closed = 1;
    l->on_ready = NULL;
    l->user = NULL;
    return l;
}

/* Begins to connect to the target's address.  OK, WAIT, or why not. */
static lco_io try(lco_tcp *tcp)
{
    int is_there;
    lco_link *l;

    l = lco_link_connect(tcp->loop, &tcp->dial->target.addr, tcp->local,
                         &is_there);
    if (!l) {
        tcp->err = errno;
        return LCO_IO_ERRNO;
    }
    lco_tcp_attach(tcp, l);
    if (is_there) {
        return LCO_IO_OK;
    }
    tcp->state = LCO_TCP_CONNECTING;
    /* Not yet: an unconnected socket is ready for nothing. */
    l->writable = 0;
    if (lco_link_watch(l, 1) != 0) {
        tcp->err = errno;
        lco_link_close(l);
        tcp->link = NULL;
        return LCO_IO_ERRNO;
    }
    return LCO_IO_WAIT;
}

/* Tries the addresses of a name that are left, from where the last one failed
 * with tcp->err.  OK, WAIT, or the last failure with everything given up. */
static lco_io try_next(lco_tcp *tcp)
{
    lco_dial *d = tcp->dial;
    lco_io rc = LCO_IO_ERRNO;

    while (rc == LCO_IO_ERRNO && d->tries > 0) {
        d->tries--;
        lco_ip_to_addr(&d->target.addr, &d->query.addrs[d->addr_at],
                       d->target.port);
        d->addr_at = (d->addr_at + 1) % d->query.naddrs;
        rc = try(tcp);
    }
    if (rc == LCO_IO_ERRNO) {
        give_up(tcp);
    }
    return rc;
}

/* Has a time limit for what is to be waited for. */
static lco_io limit(lco_tcp *tcp, lco_usec timeout)
{
    if (lco_timer_start(tcp->loop, &tcp->wtimer, timeout) == 0) {
        return LCO_IO_WAIT;
    }
    give_up(tcp);
    return LCO_IO_NOMEM;
}

/* The name's addresses are known: begins with any of them, as the reference,
 * but goes on with the others if it fails. */
static lco_io try_all(lco_tcp *tcp)
{
    lco_dial *d = tcp->dial;
    lco_io rc;

    d->tries = d->query.naddrs;
    /* No secret; a sequence of its own per thread would be no better. */
    d->addr_at = (int) ((uint64_t) lco_now() % (unsigned) d->tries);
    rc = try_next(tcp);
    return rc == LCO_IO_WAIT ? limit(tcp, tcp->connect_timeout) : rc;
}

static void on_resolved(lco_query *q, lco_io rc)
{
    lco_tcp *tcp = q->data;

    lco_timer_stop(tcp->loop, &tcp->wtimer);
    if (rc == LCO_IO_OK) {
        rc = try_all(tcp);
    }
    else {
        give_up(tcp);
        tcp->err = q->err;
    }
    if (rc != LCO_IO_WAIT) {
        lco_tcp_end_write(tcp, rc);
    }
}

/* Begins to connect.  OK, WAIT, or why not, with everything given up. */
static lco_io begin(lco_tcp *tcp)
{
    lco_dial *d = tcp->dial;
    lco_io rc;

    d->tries = 0;
    if (d->target.addr.len) {
        rc = try(tcp);
        if (rc == LCO_IO_ERRNO) {
            give_up(tcp);
        }
        return rc == LCO_IO_WAIT ? limit(tcp, tcp->connect_timeout) : rc;
    }
    d->query.done = on_resolved;
    d->query.data = tcp;
    d->query.err = LCO_DNS_SERVFAIL;
    rc = tcp->resolver ? lco_resolve(tcp->resolver, &d->query, d->target.name)
                       : LCO_IO_RESOLVE;
    switch (rc) {
    case LCO_IO_OK:
        return try_all(tcp);
    case LCO_IO_WAIT:
        tcp->state = LCO_TCP_RESOLVING;
        return limit(tcp, tcp->resolve_timeout);
    default:
        give_up(tcp);
        tcp->err = d->query.err;
        return rc;
    }
}

static int make_dial(lco_tcp *tcp, const lco_target *t)
{
    tcp->dial = calloc(1, sizeof(*tcp->dial));
    if (tcp->dial) {
        tcp->dial->target = *t;
    }
    return tcp->dial != NULL;
}

lco_io lco_tcp_connect(lco_tcp *tcp, const lco_target *t, lco_pool *pool,
                       lco_tcp_done *done)
{
    lco_link *l = NULL;
    lco_io rc;

    lco_tcp_drop_input(tcp);
    tcp->read_closed = tcp->write_closed = tcp->eof = tcp->late = 0;
    tcp->err = 0;
    free(tcp->dial);
    tcp->dial = NULL;
    if (pool) {
        rc = lco_pool_enter(pool, tcp, &l);
        if (rc == LCO_IO_FULL) {
            return rc;
        }
        tcp->pool = pool;
        if (rc == LCO_IO_WAIT) {
            tcp->state = LCO_TCP_QUEUED;
            if (!make_dial(tcp, t) ||
                lco_timer_start(tcp->loop, &tcp->wtimer,
                                tcp->connect_timeout) != 0) {
                tcp->state = LCO_TCP_CLOSED;
                tcp->pool = NULL;
                lco_pool_unqueue(pool, tcp);
                return LCO_IO_NOMEM;
            }
            tcp->wdone = done;
            return rc;
        }
        if (l) {
            lco_tcp_attach(tcp, l);
            return LCO_IO_OK;
        }
    }
    if (!make_dial(tcp, t)) {
        give_up(tcp);
        return LCO_IO_NOMEM;
    }
    rc = begin(tcp);
    if (rc == LCO_IO_WAIT) {
        tcp->wdone = done;
    }
    return rc;
}

lco_io lco_tcp_handshake(lco_tcp *tcp, SSL_CTX *ctx, const lco_tls_options *o,
                         lco_tcp_done *done)
{
    lco_io rc;

    tcp->tls_code = 0;
    tcp->tls_err = lco_tls_start(tcp->link, ctx, o);
    if (tcp->tls_err) {
        lco_tcp_close(tcp);
        return LCO_IO_TLS;
    }
    rc = shake(tcp);
    if (rc == LCO_IO_WAIT) {
        rc = limit(tcp, tcp->connect_timeout);
    }
    if (rc == LCO_IO_WAIT) {
        tcp->wdone = done;
    }
    return rc;
}

void lco_tcp_dequeued(lco_tcp *tcp, lco_link *idle)
{
    lco_io rc = LCO_IO_OK;

    lco_timer_stop(tcp->loop, &tcp->wtimer);
    tcp->state = LCO_TCP_CLOSED;
    if (idle) {
        lco_tcp_attach(tcp, idle);
    }
    else {
        rc = begin(tcp);
    }
    if (rc != LCO_IO_WAIT) {
        lco_tcp_end_write(tcp, rc);
    }
}

/* ---- ends ---- */

void lco_tcp_cancel_read(lco_tcp *tcp)
{
    tcp->rdone = NULL;
    lco_timer_stop(tcp->loop, &tcp->rtimer);
}

void lco_tcp_cancel_write(lco_tcp *tcp)
{
    tcp->wdone = NULL;
    lco_timer_stop(tcp->loop, &tcp->wtimer);
}

void lco_tcp_close(lco_tcp *tcp)
{
    lco_tcp_state was = tcp->state;
    lco_link *l = tcp->link;
    lco_pool *pool = tcp->pool;

    tcp->state = LCO_TCP_CLOSED;
    tcp->link = NULL;
    tcp->pool = NULL;
    tcp->read_closed = tcp->write_closed = 1;
    if (was == LCO_TCP_QUEUED) {
        lco_pool_unqueue(pool, tcp);
        pool = NULL;
    }
    cancel_query(tcp);
    if (l) {
        lco_link_close(l);
    }
    if (tcp->rdone) {
        lco_tcp_end_read(tcp, LCO_IO_CLOSED);
    }
    else if (!tcp->eat) {
        lco_tcp_drop_input(tcp);
    }
    if (tcp->wdone) {
        lco_tcp_end_write(tcp, LCO_IO_CLOSED);
    }
    if (pool) {
        lco_pool_leave(pool);
    }
}

/* Reading: lines, so many bytes, all, any, up to a pattern.
 *
 * What comes lies in one buffer that grows by doubling; each kind of reading
 * looks at a byte once, so a line of 100 MB costs what its bytes cost.  A
 * result is a range at the buffer's beginning until it is eaten.
 *
 * The hard thing is what a reading that ends early leaves behind: as in the
 * reference the partial result is taken out of the stream, but for the bytes
 * that receiveuntil() holds back since they may begin its pattern.
 */
#include "io/tcp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "io/tls.h"

enum {
    /* A read may grow up to this where the peer is faster than we. */
    LARGEST_READ = 256 * 1024,
    /* Bytes that one reading takes in before others get their turn. */
    TURN = 1024 * 1024,
    /* An empty buffer that is larger is given back. */
    KEEP = 64 * 1024
};

void lco_tcp_drop_input(lco_tcp *tcp)
{
    free(tcp->data);
    tcp->data = NULL;
    tcp->start = tcp->end = tcp->cap = 0;
    tcp->result = tcp->eat = 0;
    tcp->pending = NULL;
}

int lco_tcp_has_unread(const lco_tcp *tcp)
{
    return tcp->end > tcp->start;
}

const char *lco_tcp_result(const lco_tcp *tcp, size_t *len)
{
    *len = tcp->result;
    return tcp->data ? (const char *) tcp->data + tcp->start : "";
}

void lco_tcp_eat(lco_tcp *tcp)
{
    tcp->start += tcp->eat;
    tcp->result = tcp->eat = 0;
    if (tcp->read_closed) {
        lco_tcp_drop_input(tcp);
    }
    else if (tcp->start == tcp->end) {
        tcp->start = tcp->end = 0;
        if (tcp->cap > KEEP) {
            lco_tcp_drop_input(tcp);
        }
    }
}

/* Makes room for N more bytes.  0 or -1. */
static int make_room(lco_tcp *tcp, size_t n)
{
    size_t have = tcp->end - tcp->start, cap = tcp->cap;
    unsigned char *data;

    if (cap - tcp->end >= n) {
        return 0;
    }
    /* Moving costs no more than what was eaten before. */
    if (tcp->start >= have && cap - have >= n) {
        memmove(tcp->data, tcp->data + tcp->start, have);
        tcp->start = 0;
        tcp->end = have;
        return 0;
    }
    if (n > SIZE_MAX / 4 - tcp->end) {
        return -1;
    }
    if (cap < tcp->buffer_size) {
        cap = tcp->buffer_size;
    }
    while (cap - tcp->end < n) {
        cap *= 2;
    }
    data = realloc(tcp->data, cap);
    if (!data) {
        return -1;
    }
    tcp->data = data;
    tcp->cap = cap;
    return 0;
}

static lco_io set_result(lco_tcp *tcp, size_t result, size_t eat)
{
    tcp->result = result;
    tcp->eat = eat;
    return LCO_IO_OK;
}

/* Takes the carriage returns out of the first N bytes; gives what is left. */
static size_t strip_returns(unsigned char *p, size_t n)
{
    unsigned char *cr = memchr(p, '\r', n), *to;
    size_t i;

    if (!cr) {
        return n;
    }
    to = cr;
    for (i = (size_t) (cr - p); i < n; i++) {
        if (p[i] != '\r') {
            *to++ = p[i];
        }
    }
    return (size_t) (to - p);
}

static lco_io look_for_pattern(lco_tcp *tcp, unsigned char *p, size_t have)
{
    lco_until *u = tcp->until;
    int pieces = tcp->want != 0;
    size_t sure;

    switch (lco_until_feed(u, p, have, &tcp->scan, &tcp->want)) {
    case LCO_UNTIL_MORE:
        break;
    case LCO_UNTIL_PIECE:
        sure = tcp->scan - u->state;
        return set_result(tcp, sure, sure);
    case LCO_UNTIL_FOUND:
        u->ended = pieces;
        tcp->pending = NULL;
        return set_result(tcp, tcp->scan - (u->inclusive ? 0 : u->len),
                          tcp->scan);
    }
    return LCO_IO_WAIT;
}

/* Does what has been read make a result?  WAIT: not yet. */
static lco_io look(lco_tcp *tcp)
{
    size_t have = tcp->end - tcp->start;
    unsigned char *p = tcp->data + tcp->start, *nl;

    if (have == 0 && !tcp->eof) {
        return LCO_IO_WAIT;
    }
    switch (tcp->kind) {
    case LCO_READ_LINE:
        nl = have ? memchr(p + tcp->scan, '\n', have - tcp->scan) : NULL;
        if (nl) {
            size_t len = (size_t) (nl - p);

            return set_result(tcp, strip_returns(p, len), len + 1);
        }
        tcp->scan = have;
        break;
    case LCO_READ_SIZE:
        if (have >= tcp->want) {
            return set_result(tcp, tcp->want, tcp->want);
        }
        break;
    case LCO_READ_ALL:
        if (tcp->eof) {
            return set_result(tcp, have, have);
        }
        break;
    case LCO_READ_ANY:
        if (have) {
            have = have < tcp->want ? have : tcp->want;
            return set_result(tcp, have, have);
        }
        break;
    case LCO_READ_UNTIL:
        if (have > tcp->scan) {
            lco_io rc = look_for_pattern(tcp, p, have);

            if (rc != LCO_IO_WAIT) {
                return rc;
            }
        }
        break;
    }
    return tcp->eof ? LCO_IO_CLOSED : LCO_IO_WAIT;
}

/* What there is of the result when reading ends early. */
static lco_io partial(lco_tcp *tcp, lco_io rc)
{
    size_t have = tcp->end - tcp->start;

    switch (tcp->kind) {
    case LCO_READ_LINE:
        set_result(tcp, have ? strip_returns(tcp->data + tcp->start, have) : 0,
                   have);
        break;
    case LCO_READ_SIZE:
    case LCO_READ_ALL:
    case LCO_READ_ANY:
        set_result(tcp, have, have);
        break;
    case LCO_READ_UNTIL:
        have = tcp->scan - tcp->until->state;
        set_result(tcp, have, have);
        break;
    }
    if (rc == LCO_IO_TIMEOUT) {
        tcp->late = 1;
    }
    else {
        tcp->read_closed = 1;
    }
    return rc;
}

/* How much to ask for, the last read having given LAST. */
static size_t read_size(const lco_tcp *tcp, size_t last)
{
    size_t have = tcp->end - tcp->start, n = tcp->buffer_size;

    if (tcp->kind == LCO_READ_ANY) {
        return n;
    }
    if (tcp->kind == LCO_READ_SIZE && tcp->want - have > n) {
        n = tcp->want - have;
        return n < LARGEST_READ ? n : LARGEST_READ;
    }
    while (n <= last && n < LARGEST_READ) {
        n *= 2;
    }
    return n;
}

/* Reads until there is a result or nothing more to read for now. */
static lco_io pump(lco_tcp *tcp)
{
    size_t taken = 0, last = 0, size;
    ssize_t n;
    lco_io rc;

    while ((rc = look(tcp)) == LCO_IO_WAIT) {
        if (taken >= TURN && !lco_tls_has_pending(tcp->link)) {
            if (lco_link_again(tcp->link) != 0) {
                tcp->err = errno;
                return LCO_IO_ERRNO;
            }
            tcp->link->readable = 0;
            break;
        }
        size = read_size(tcp, last);
        if (make_room(tcp, size) != 0) {
            return LCO_IO_NOMEM;
        }
        n = lco_link_recv(tcp->link, tcp->data + tcp->end, size);
        if (n < 0) {
            if (errno == EAGAIN) {
                break;
            }
            tcp->err = errno;
            return LCO_IO_ERRNO;
        }
        if (n == 0) {
            tcp->eof = 1;
        }
        last = (size_t) n == size ? (size_t) n : 0;
        tcp->end += (size_t) n;
        taken += (size_t) n;
    }
    return rc;
}

/* Arms what will go on with the reading. */
static lco_io wait(lco_tcp *tcp)
{
    if (lco_link_watch(tcp->link, tcp->link->cross_read) != 0) {
        tcp->err = errno;
        return LCO_IO_ERRNO;
    }
    if (lco_timer_start(tcp->loop, &tcp->rtimer, tcp->read_timeout) != 0) {
        return LCO_IO_NOMEM;
    }
    return LCO_IO_WAIT;
}

static lco_io go_on(lco_tcp *tcp)
{
    lco_io rc = pump(tcp);

    if (rc == LCO_IO_WAIT) {
        rc = wait(tcp);
    }
    if (rc != LCO_IO_OK && rc != LCO_IO_WAIT) {
        rc = partial(tcp, rc);
    }
    return rc;
}

lco_io lco_tcp_read(lco_tcp *tcp, lco_read_kind kind, size_t n, lco_until *u,
                    lco_tcp_done *done)
{
    lco_io rc;

    tcp->late = 0;
    tcp->kind = kind;
    tcp->want = n;
    tcp->scan = 0;
    tcp->until = u;
    if (u) {
        if (tcp->pending == u) {
            tcp->scan = u->state;
        }
        else {
            u->state = 0;
        }
    }
    tcp->pending = u;
    rc = go_on(tcp);
    if (rc == LCO_IO_WAIT) {
        tcp->rdone = done;
    }
    return rc;
}

/* The timer and lco_tcp_close() end a reading without looking at it. */
static void end(lco_tcp *tcp, lco_io rc)
{
    lco_tcp_done *done = tcp->rdone;

    tcp->rdone = NULL;
    lco_timer_stop(tcp->loop, &tcp->rtimer);
    done(tcp, rc);
}

void lco_tcp_on_readable(lco_tcp *tcp)
{
    lco_io rc = go_on(tcp);

    if (rc != LCO_IO_WAIT) {
        end(tcp, rc);
    }
}

void lco_tcp_end_read(lco_tcp *tcp, lco_io result)
{
    if (tcp->rdone) {
        end(tcp, partial(tcp, result));
    }
}

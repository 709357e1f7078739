/* io/: addresses, the search of receiveuntil(), reading and sending on socket
 * pairs, pools.
 *
 * A loop runs in this thread: turns are made until what is waited for is
 * there. */
#include "io/connpool.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/tcp.h"
#include "tap.h"

/* ---- addresses ---- */

static void test_targets(void)
{
    static const struct {
        const char *text, *error, *name;
        int port, family;
    } rows[] = {
        {"127.0.0.1", NULL, "", 80, AF_INET},
        {"127.0.0.1:81", NULL, "", 81, AF_INET},
        {"[::1]", NULL, "", 80, AF_INET6},
        {"[::1]:81", NULL, "", 81, AF_INET6},
        {"name", NULL, "name", 80, 0},
        {"name:81", NULL, "name", 81, 0},
        {"1.2.3", NULL, "1.2.3", 80, 0},
        {"1.2.3.4.5", NULL, "1.2.3.4.5", 80, 0},
        {"1.2.3.256", NULL, "1.2.3.256", 80, 0},
        {"1..2.3", NULL, "1..2.3", 80, 0},
        {"unix:/a", NULL, "", 80, AF_UNIX},
        {"UNIX:/a", NULL, "", 80, AF_UNIX},
        {"", "no host", "", 0, 0},
        {":80", "no host", "", 0, 0},
        {"a:", "invalid port", "", 0, 0},
        {"a:0", "invalid port", "", 0, 0},
        {"a:65536", "invalid port", "", 0, 0},
        {"a:8x", "invalid port", "", 0, 0},
        {"a/b", "invalid host", "", 0, 0},
        {"a?b", "invalid host", "", 0, 0},
        {"[::1", "invalid host", "", 0, 0},
        {"[::1]x", "invalid host", "", 0, 0},
        {"[]", "no host", "", 0, 0},
        {"[1.2.3.4]", "invalid IPv6 address", "", 0, 0},
        {"[::1]:x", "invalid port", "", 0, 0},
        {"unix:", "no path in the unix domain socket", "", 0, 0},
    };
    lco_target t;
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *err =
            lco_target_parse(&t, rows[i].text, strlen(rows[i].text), 80);

        is_str(err, rows[i].error, rows[i].text);
        if (!err) {
            ok(t.port == rows[i].port && strcmp(t.name, rows[i].name) == 0 &&
                   t.addr.u.sa.sa_family == rows[i].family,
               "... and what it means");
        }
    }
}

/* ---- the search ---- */

static unsigned seed = 1;

static unsigned next_random(unsigned n)
{
    seed = seed * 1103515245U + 12345U;
    return (seed >> 16) % n;
}

/* Searches TEXT, given in pieces of random size; the offset of the match's end
 * or -1.  What is sure is compared with what a plain search finds. */
static long search(lco_until *u, const char *text, size_t len, int bytewise)
{
    size_t have = 0, scan = 0, rest = 0;

    while (have < len) {
        have += bytewise ? 1 : 1 + next_random((unsigned) (len - have));
        if (lco_until_feed(u, (const unsigned char *) text, have, &scan,
                           &rest) == LCO_UNTIL_FOUND) {
            return (long) scan;
        }
    }
    return -1;
}

static void test_search(void)
{
    char text[64], pat[8];
    int round, wrong = 0;

    for (round = 0; round < 20000; round++) {
        size_t len = 1 + next_random(sizeof(text) - 1);
        size_t plen = 1 + next_random(sizeof(pat) - 1), i;
        const char *hit;
        lco_until u;
        long end;

        for (i = 0; i < len; i++) {
            text[i] = (char) ('a' + next_random(2));
        }
        for (i = 0; i < plen; i++) {
            pat[i] = (char) ('a' + next_random(2));
        }
        hit = memmem(text, len, pat, plen);
        end = hit ? (long) (hit - text + (long) plen) : -1;
        if (lco_until_open(&u, pat, plen, 0) != 0) {
            wrong++;
            continue;
        }
        wrong += search(&u, text, len, 0) != end;
        u.state = 0;
        wrong += search(&u, text, len, 1) != end;
        lco_until_close(&u);
    }
    is_int(wrong, 0, "20000 random searches");
}

/* Pieces put together are what is before the match. */
static void test_pieces(void)
{
    char text[64], pat[6];
    int round, wrong = 0;

    for (round = 0; round < 5000; round++) {
        size_t len = 1 + next_random(sizeof(text) - 1), start = 0, scan, rest;
        size_t plen = 1 + next_random(sizeof(pat) - 1), i;
        const char *hit;
        lco_found f;
        lco_until u;

        for (i = 0; i < len; i++) {
            text[i] = (char) ('a' + next_random(2));
        }
        for (i = 0; i < plen; i++) {
            pat[i] = (char) ('a' + next_random(2));
        }
        hit = memmem(text, len, pat, plen);
        if (lco_until_open(&u, pat, plen, 0) != 0) {
            wrong++;
            continue;
        }
        do {
            scan = u.state;
            rest = 1 + next_random(5);
            f = lco_until_feed(&u, (unsigned char *) text + start, len - start,
                               &scan, &rest);
            start += f == LCO_UNTIL_FOUND ? scan : scan - u.state;
        } while (f == LCO_UNTIL_PIECE);
        wrong += f == LCO_UNTIL_FOUND
                     ? !hit || start != (size_t) (hit - text) + plen
                     : hit != NULL || start + u.state != len;
        lco_until_close(&u);
    }
    is_int(wrong, 0, "5000 random searches in pieces");
    ok(lco_until_open(&(lco_until){0}, "", 0, 0) != 0, "no empty pattern");
}

/* ---- a handle and its peer ---- */

static lco_loop *loop;
static int turns_left;

static int on_turn(void *data)
{
    (void) data;
    if (--turns_left <= 0) {
        lco_loop_stop(loop);
    }
    return 1;
}

/* A loop is stopped for good, so each run has one of its own; what was armed
 * is moved to it by nobody: handles live as long as their loop. */
static void open_loop(void)
{
    lco_loop_hooks hooks = {NULL, NULL, on_turn, NULL};

    loop = lco_loop_create(&hooks);
    if (!loop) {
        abort();
    }
}

typedef struct result {
    int calls;
    lco_io rc;
} result;

static void on_done(lco_tcp *tcp, lco_io rc)
{
    result *r = tcp->owner;

    r->calls++;
    r->rc = rc;
}

/* A TCP socket that listens on 127.0.0.1, and where. */
static int listen_on(lco_target *t)
{
    struct sockaddr_in sin = {.sin_family = AF_INET};
    socklen_t len = sizeof(sin);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || bind(fd, (struct sockaddr *) &sin, len) != 0 ||
        listen(fd, 16) != 0 ||
        getsockname(fd, (struct sockaddr *) &sin, &len) != 0) {
        abort();
    }
    (void) lco_target_parse(t, "127.0.0.1", 9, ntohs(sin.sin_port));
    return fd;
}

static void prepare(lco_tcp *tcp, result *r)
{
    memset(r, 0, sizeof(*r));
    lco_tcp_init(tcp, loop);
    tcp->owner = r;
    tcp->buffer_size = 16;
    tcp->connect_timeout = tcp->send_timeout = tcp->read_timeout = 50000000;
}

static void put(int fd, const char *text)
{
    if (write(fd, text, strlen(text)) != (ssize_t) strlen(text)) {
        abort();
    }
}

/* A short-lived loop: runs N turns on it. */
static void run(int n)
{
    turns_left = n;
    lco_loop_run(loop);
}

static void test_tcp(void)
{
    lco_target t;
    lco_tcp tcp;
    lco_pools *set;
    lco_pool *pool;
    result r;
    size_t len;
    int fd, peer;
    lco_io rc;

    open_loop();
    fd = listen_on(&t);
    prepare(&tcp, &r);
    set = lco_pools_new(loop);
    pool = lco_pool_make(set, "k", 1, 1, 1);
    rc = lco_tcp_connect(&tcp, &t, pool, on_done);
    ok(rc == LCO_IO_WAIT && tcp.state == LCO_TCP_CONNECTING, "connecting");
    peer = accept(fd, NULL, NULL);
    run(3);
    ok(r.calls == 1 && r.rc == LCO_IO_OK && tcp.state == LCO_TCP_OPEN,
       "connected, told once");
    is_int((long long) lco_loop_timers(loop), 0, "no timer is left");

    put(peer, "line\r\nrest");
    usleep(1000);
    /* The loop has stopped: what it would tell is told here. */
    tcp.link->readable = 1;
    rc = lco_tcp_read(&tcp, LCO_READ_LINE, 0, NULL, on_done);
    ok(rc == LCO_IO_OK, "a line at once");
    ok(memcmp(lco_tcp_result(&tcp, &len), "line", 4) == 0 && len == 4,
       "without its end");
    lco_tcp_eat(&tcp);
    ok(lco_tcp_has_unread(&tcp), "the rest is kept");
    rc = lco_tcp_read(&tcp, LCO_READ_SIZE, 10, NULL, on_done);
    ok(rc == LCO_IO_WAIT && lco_loop_timers(loop) == 1, "more is waited for");
    lco_tcp_close(&tcp);
    ok(r.calls == 2 && r.rc == LCO_IO_CLOSED, "closing ends it, once");
    ok(memcmp(lco_tcp_result(&tcp, &len), "rest", 4) == 0 && len == 4,
       "with what there was");
    lco_tcp_eat(&tcp);
    is_int((long long) lco_loop_timers(loop), 0, "no timer is left");
    is_int((long long) lco_loop_watches(loop), 0, "no watch is left");
    is_int((long long) lco_pools_count(set), 0, "nor the pool");
    lco_tcp_close(&tcp);
    ok(r.calls == 2, "closing again does nothing");
    lco_tcp_free(&tcp);
    lco_pools_close(set);
    close(peer);
    close(fd);
    lco_loop_destroy(loop);
}

static void test_pool(void)
{
    lco_target t;
    lco_tcp a, b, c;
    lco_pools *set;
    lco_pool *pool;
    result ra, rb, rc;
    int fd;

    open_loop();
    fd = listen_on(&t);
    prepare(&a, &ra);
    prepare(&b, &rb);
    prepare(&c, &rc);
    set = lco_pools_new(loop);
    pool = lco_pool_make(set, "key", 3, 1, 1);
    ok(lco_pool_find(set, "key", 3) == pool && !lco_pool_find(set, "ke", 2),
       "a pool is found by its key");
    ok(lco_tcp_connect(&a, &t, pool, on_done) == LCO_IO_WAIT, "one connects");
    ok(lco_tcp_connect(&b, &t, pool, on_done) == LCO_IO_WAIT &&
           b.state == LCO_TCP_QUEUED,
       "the second is in the queue");
    ok(lco_tcp_connect(&c, &t, pool, on_done) == LCO_IO_FULL,
       "the third finds no place");
    run(3);
    ok(ra.rc == LCO_IO_OK && ra.calls == 1 && rb.calls == 0,
       "the first is there");
    ok(lco_pool_keep(pool, &a, 0) == LCO_IO_OK, "it is kept");
    ok(rb.calls == 1 && rb.rc == LCO_IO_OK && b.state == LCO_TCP_OPEN,
       "the second gets it, at once");
    is_int(b.link->reused, 1, "reused");
    ok(lco_tcp_connect(&c, &t, pool, on_done) == LCO_IO_WAIT,
       "the third waits");
    lco_tcp_cancel_write(&c);
    lco_tcp_close(&c);
    ok(rc.calls == 0 && lco_pool_waiting(pool) == 0, "and gives up");
    lco_tcp_close(&b);
    is_int((long long) lco_pools_count(set), 0, "an empty pool goes");
    lco_tcp_free(&a);
    lco_tcp_free(&b);
    lco_tcp_free(&c);
    lco_pools_close(set);
    is_int((long long) lco_loop_watches(loop), 0, "no watch is left");
    is_int((long long) lco_loop_timers(loop), 0, "no timer is left");
    close(fd);
    lco_loop_destroy(loop);
}

int main(void)
{
    const char *s = getenv("LUACO_SEED");

    seed = s ? (unsigned) strtoul(s, NULL, 10) : 1;
    test_targets();
    test_search();
    test_pieces();
    test_tcp();
    test_pool();
    return tap_done();
}

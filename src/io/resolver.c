/* Name look-ups by c-ares.
 *
 * c-ares opens its sockets itself and says which of them it waits for; each
 * gets a watch.  One timer follows what c-ares wants to repeat or give up.
 *
 * The hard thing is that c-ares calls back from inside its own functions,
 * also from the one that asks: a name knows whether it is being asked at this
 * moment, and is not freed below anybody's feet.
 */
#include "io/resolver.h"

#include <ares.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>

enum {
    BUCKETS = 256,
    /* Names kept at most. */
    NAMES = 4096
};

/* A longer time to live is cut: a day. */
#define LONGEST ((lco_usec) 86400 * 1000000)

struct lco_name {
    lco_resolver *resolver;
    lco_name *next;                 /* in its bucket */
    TAILQ_ENTRY(lco_name) age;      /* oldest first */
    TAILQ_HEAD(, lco_query) asking; /* who waits for it */
    int pending;                    /* c-ares is at it */
    lco_usec until;                 /* the answer is good till then */
    int err, naddrs;
    lco_ip addrs[LCO_DNS_ADDRS];
    unsigned bucket;
    char name[];
};

typedef struct dns_fd {
    lco_watch watch;
    LIST_ENTRY(dns_fd) link;
} dns_fd;

struct lco_resolver {
    lco_loop *loop;
    ares_channel channel;
    lco_timer timer;
    int closing;
    int single; /* there is one name server */
    int nnames;
    TAILQ_HEAD(, lco_name) names;
    LIST_HEAD(, dns_fd) fds;
    lco_name *buckets[BUCKETS];
};

const char *lco_dns_text(int err)
{
    switch (err) {
    case LCO_DNS_FORMAT:
        return "Format error";
    case LCO_DNS_SERVFAIL:
        return "Server failure";
    case LCO_DNS_NOT_FOUND:
        return "Host not found";
    case LCO_DNS_UNIMPLEMENTED:
        return "Unimplemented";
    case LCO_DNS_REFUSED:
        return "Operation refused";
    case LCO_DNS_TIMEOUT:
        return "Operation timed out";
    default:
        return "Unknown error";
    }
}

static int error_of(const lco_resolver *r, int status)
{
    switch (status) {
    case ARES_EFORMERR:
    case ARES_EBADRESP:
        return LCO_DNS_FORMAT;
    case ARES_ENOTIMP:
        return LCO_DNS_UNIMPLEMENTED;
    case ARES_EREFUSED:
        return LCO_DNS_REFUSED;
    case ARES_ECONNREFUSED: /* no server answers, or none as it should */
        return r->single ? LCO_DNS_TIMEOUT : LCO_DNS_SERVFAIL;
    case ARES_ETIMEOUT:
        return LCO_DNS_TIMEOUT;
    case ARES_ENOTFOUND:
    case ARES_ENODATA:
    case ARES_EBADNAME:
        return LCO_DNS_NOT_FOUND;
    default:
        return LCO_DNS_SERVFAIL;
    }
}

void lco_ip_to_addr(lco_addr *a, const lco_ip *ip, unsigned short port)
{
    struct sockaddr_in *sin = (struct sockaddr_in *) (void *) &a->u;
    struct sockaddr_in6 *sin6 = (struct sockaddr_in6 *) (void *) &a->u;

    memset(a, 0, sizeof(*a));
    a->u.sa.sa_family = (sa_family_t) ip->family;
    if (ip->family == AF_INET6) {
        memcpy(&sin6->sin6_addr, ip->bytes, sizeof(sin6->sin6_addr));
        a->len = sizeof(*sin6);
    }
    else {
        memcpy(&sin->sin_addr, ip->bytes, sizeof(sin->sin_addr));
        a->len = sizeof(*sin);
    }
    lco_addr_set_port(a, port);
}

/* ---- what is kept ---- */

static unsigned bucket_of(const char *name)
{
    uint32_t h = 2166136261U;

    for (; *name; name++) {
        h = (h ^ (unsigned char) (*name | 0x20)) * 16777619U;
    }
    return h % BUCKETS;
}

static void forget(lco_name *n)
{
    lco_resolver *r = n->resolver;
    lco_name **at = &r->buckets[n->bucket];

    while (*at != n) {
        at = &(*at)->next;
    }
    *at = n->next;
    TAILQ_REMOVE(&r->names, n, age);
    r->nnames--;
    free(n);
}

/* Makes room: the oldest go that nobody waits for. */
static void tidy(lco_resolver *r)
{
    lco_name *n = TAILQ_FIRST(&r->names), *next;
    int looked;

    for (looked = 0; n && looked < 64; looked++, n = next) {
        next = TAILQ_NEXT(n, age);
        if (!n->pending &&
            (n->until <= lco_loop_now(r->loop) || r->nnames >= NAMES)) {
            forget(n);
        }
    }
}

static lco_name *find(lco_resolver *r, const char *name)
{
    lco_name *n = r->buckets[bucket_of(name)];

    while (n && strcasecmp(n->name, name) != 0) {
        n = n->next;
    }
    return n;
}

static lco_name *make(lco_resolver *r, const char *name)
{
    size_t len = strlen(name);
    lco_name *n;

    tidy(r);
    n = calloc(1, sizeof(*n) + len + 1);
    if (!n) {
        return NULL;
    }
    memcpy(n->name, name, len);
    n->resolver = r;
    n->bucket = bucket_of(name);
    TAILQ_INIT(&n->asking);
    n->next = r->buckets[n->bucket];
    r->buckets[n->bucket] = n;
    TAILQ_INSERT_TAIL(&r->names, n, age);
    r->nnames++;
    return n;
}

static lco_io copy_answer(lco_query *q, const lco_name *n)
{
    q->err = n->err;
    q->naddrs = n->naddrs;
    memcpy(q->addrs, n->addrs, (size_t) n->naddrs * sizeof(*q->addrs));
    return n->err ? LCO_IO_RESOLVE : LCO_IO_OK;
}

/* ---- c-ares ---- */

static void take_addrs(lco_name *n, const struct ares_addrinfo *info)
{
    const struct ares_addrinfo_node *node;
    lco_usec ttl = LONGEST;

    n->naddrs = 0;
    for (node = info->nodes; node && n->naddrs < LCO_DNS_ADDRS;
         node = node->ai_next) {
        lco_ip *ip = &n->addrs[n->naddrs];

        if (node->ai_family == AF_INET) {
            memcpy(ip->bytes,
                   &((struct sockaddr_in *) (void *) node->ai_addr)->sin_addr,
                   4);
        }
        else if (node->ai_family == AF_INET6) {
            memcpy(ip->bytes,
                   &((struct sockaddr_in6 *) (void *) node->ai_addr)->sin6_addr,
                   16);
        }
        else {
            continue;
        }
        ip->family = node->ai_family;
        n->naddrs++;
        if ((lco_usec) node->ai_ttl * 1000000 < ttl) {
            ttl = (lco_usec) node->ai_ttl * 1000000;
        }
    }
    n->err = n->naddrs ? 0 : LCO_DNS_NOT_FOUND;
    n->until = n->naddrs && ttl > 0 ? lco_now() + ttl : 0;
}

static void answered(void *arg, int status, int timeouts,
                     struct ares_addrinfo *info)
{
    lco_name *n = arg;
    lco_query *q;

    (void) timeouts;
    n->until = 0;
    if (status == ARES_SUCCESS && info) {
        take_addrs(n, info);
    }
    else {
        n->naddrs = 0;
        n->err = error_of(n->resolver, status);
    }
    if (info) {
        ares_freeaddrinfo(info);
    }
    if (n->resolver->closing) {
        return;
    }
    /* Still pending: what is done with the answer may ask for other names. */
    while ((q = TAILQ_FIRST(&n->asking))) {
        TAILQ_REMOVE(&n->asking, q, link);
        q->name = NULL;
        q->done(q, copy_answer(q, n));
    }
    n->pending = 0;
}

/* Has the timer follow what c-ares waits for next. */
static void rearm(lco_resolver *r)
{
    struct timeval tv, *next;

    if (r->closing) {
        return;
    }
    next = ares_timeout(r->channel, NULL, &tv);
    if (next) {
        (void) lco_timer_start(r->loop, &r->timer,
                               (lco_usec) next->tv_sec * 1000000 +
                                   next->tv_usec + 1000);
    }
    else {
        lco_timer_stop(r->loop, &r->timer);
    }
}

static void on_timer(lco_loop *loop, lco_timer *t)
{
    lco_resolver *r = t->data;

    (void) loop;
    ares_process_fd(r->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    rearm(r);
}

static void on_event(lco_loop *loop, lco_watch *w, unsigned revents)
{
    lco_resolver *r = w->data;
    ares_socket_t fd = w->fd;

    (void) loop;
    /* The watch may be gone after this. */
    ares_process_fd(r->channel,
                    revents & (EPOLLIN | EPOLLERR | EPOLLHUP) ? fd
                                                              : ARES_SOCKET_BAD,
                    revents & EPOLLOUT ? fd : ARES_SOCKET_BAD);
    rearm(r);
}

/* c-ares waits for FD to be readable, writable, or does so no more. */
static void on_state(void *data, ares_socket_t fd, int read, int write)
{
    lco_resolver *r = data;
    dns_fd *d;

    LIST_FOREACH(d, &r->fds, link)
    {
        if (d->watch.fd == fd) {
            break;
        }
    }
    if (!read && !write) {
        if (d) {
            lco_watch_stop(r->loop, &d->watch);
            LIST_REMOVE(d, link);
            free(d);
        }
        return;
    }
    if (!d) {
        d = calloc(1, sizeof(*d));
        if (!d) {
            return; /* the timer gives the question up */
        }
        d->watch.fd = fd;
        d->watch.fn = on_event;
        d->watch.data = r;
        LIST_INSERT_HEAD(&r->fds, d, link);
    }
    d->watch.events = (read ? EPOLLIN : 0U) | (write ? EPOLLOUT : 0U);
    (void) lco_watch_start(r->loop, &d->watch);
}

static void init_library(void)
{
    (void) ares_library_init(ARES_LIB_INIT_ALL);
}

static int open_channel(lco_resolver *r, const char *servers, const char *conf,
                        int flags)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct ares_options options;
    int mask = ARES_OPT_SOCK_STATE_CB | ARES_OPT_FLAGS | ARES_OPT_LOOKUPS;
    char dns[] = "b", path[PATH_MAX];

    pthread_once(&once, init_library);
    memset(&options, 0, sizeof(options));
    options.flags = flags;
    options.sock_state_cb = on_state;
    options.sock_state_cb_data = r;
    options.lookups = dns; /* hosts.c has the file */
    if (conf) {
        (void) snprintf(path, sizeof(path), "%s", conf);
        options.resolvconf_path = path;
        mask |= ARES_OPT_RESOLVCONF;
    }
    else if (servers) {
        mask |= ARES_OPT_DOMAINS; /* none: names are as they are written */
    }
    if (ares_init_options(&r->channel, &options, mask) != ARES_SUCCESS) {
        return -1;
    }
    if (servers &&
        ares_set_servers_ports_csv(r->channel, servers) != ARES_SUCCESS) {
        ares_destroy(r->channel);
        return -1;
    }
    return 0;
}

static int has_one_server(const lco_resolver *r)
{
    struct ares_addr_port_node *list = NULL;
    int one;

    if (ares_get_servers_ports(r->channel, &list) != ARES_SUCCESS) {
        return 0;
    }
    one = list && !list->next;
    ares_free_data(list);
    return one;
}

lco_resolver *lco_resolver_new(lco_loop *loop, const char *servers,
                               const char *conf)
{
    lco_resolver *r = calloc(1, sizeof(*r));

    if (!r) {
        return NULL;
    }
    r->loop = loop;
    TAILQ_INIT(&r->names);
    LIST_INIT(&r->fds);
    lco_timer_init(&r->timer, on_timer, r);
    if (open_channel(r, servers, conf, 0) != 0) {
        free(r);
        return NULL;
    }
    /* Where a server fails or refuses, c-ares asks the next one, and says in
     * the end that none could be reached.  What the only one says is told as
     * it is. */
    r->single = has_one_server(r);
    if (r->single) {
        ares_destroy(r->channel);
        if (open_channel(r, servers, conf, ARES_FLAG_NOCHECKRESP) != 0) {
            free(r);
            return NULL;
        }
    }
    return r;
}

void lco_resolver_close(lco_resolver *r)
{
    lco_name *n;
    lco_query *q;

    r->closing = 1;
    lco_timer_stop(r->loop, &r->timer);
    ares_destroy(r->channel);
    while ((n = TAILQ_FIRST(&r->names))) {
        while ((q = TAILQ_FIRST(&n->asking))) {
            TAILQ_REMOVE(&n->asking, q, link);
            q->name = NULL;
        }
        forget(n);
    }
    free(r);
}

/* ---- asking ---- */

lco_io lco_resolve(lco_resolver *r, lco_query *q, const char *name)
{
    struct ares_addrinfo_hints hints;
    lco_name *n;

    q->name = NULL;
    q->err = 0;
    q->naddrs = lco_hosts_find(name, q->addrs, LCO_DNS_ADDRS);
    if (q->naddrs) {
        return LCO_IO_OK;
    }
    n = find(r, name);
    if (n && !n->pending && n->until > lco_now()) {
        return copy_answer(q, n);
    }
    if (!n) {
        n = make(r, name);
        if (!n) {
            return LCO_IO_NOMEM;
        }
    }
    if (!n->pending) {
        memset(&hints, 0, sizeof(hints));
        hints.ai_family = AF_UNSPEC;
        hints.ai_socktype = SOCK_STREAM;
        /* Sorting would ask the routing tables for each address. */
        hints.ai_flags = ARES_AI_NOSORT;
        n->pending = 1;
        ares_getaddrinfo(r->channel, n->name, NULL, &hints, answered, n);
        rearm(r);
        if (!n->pending) {
            return copy_answer(q, n);
        }
    }
    q->name = n;
    TAILQ_INSERT_TAIL(&n->asking, q, link);
    return LCO_IO_WAIT;
}

void lco_resolve_cancel(lco_query *q)
{
    if (q->name) {
        TAILQ_REMOVE(&q->name->asking, q, link);
        q->name = NULL;
    }
}

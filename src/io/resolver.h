/* Names to addresses: those of hosts.h, then DNS, by c-ares on the VM's loop,
 * with the servers of /etc/resolv.conf (and its search domains) or with given
 * ones.
 *
 * Answers are kept as long as they say; who asks for a name that is being
 * asked for already waits for the same answer.
 *
 * Thread: with the VM entered; `done` on the loop thread.
 */
#ifndef LCO_IO_RESOLVER_H
#define LCO_IO_RESOLVER_H

#include <sys/queue.h>

#include "io/addr.h"
#include "io/hosts.h"
#include "io/io.h"
#include "loop/loop.h"

typedef struct lco_resolver lco_resolver;
typedef struct lco_query lco_query;
typedef struct lco_name lco_name;

/* Why there is no address: DNS's own numbers. */
enum {
    LCO_DNS_FORMAT = 1,
    LCO_DNS_SERVFAIL = 2,
    LCO_DNS_NOT_FOUND = 3,
    LCO_DNS_UNIMPLEMENTED = 4,
    LCO_DNS_REFUSED = 5,
    LCO_DNS_TIMEOUT = 110
};

/* Addresses of one name that are looked at. */
#define LCO_DNS_ADDRS 16

/* A question, in the caller's memory. */
struct lco_query {
    lco_ip addrs[LCO_DNS_ADDRS];
    int naddrs;
    int err; /* LCO_DNS_* */
    void (*done)(lco_query *q, lco_io result);
    void *data;
    /* private */
    lco_name *name; /* NULL: not waiting */
    TAILQ_ENTRY(lco_query) link;
};

/* SERVERS: "ADDR[:PORT],...", which are asked for names as they are; or NULL,
 * then servers, search domains and options are those of the file CONF, which is
 * read here, NULL: /etc/resolv.conf.  With both, CONF gives the rest.  NULL: no
 * memory. */
lco_resolver *lco_resolver_new(lco_loop *loop, const char *servers,
                               const char *conf);
/* Questions that wait are forgotten. */
void lco_resolver_close(lco_resolver *r);

/* OK: q has addresses.  RESOLVE: q->err says why not.  WAIT: done comes, with
 * one of these.  There is no limit of time but c-ares' own, of 75 seconds. */
lco_io lco_resolve(lco_resolver *r, lco_query *q, const char *name);
void lco_resolve_cancel(lco_query *q);

/* The words for an LCO_DNS_*. */
const char *lco_dns_text(int err);

/* The address as one to connect to. */
void lco_ip_to_addr(lco_addr *a, const lco_ip *ip, unsigned short port);

#endif

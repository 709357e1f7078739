/* Pools of idle connections.
 *
 * The most recently used connection is handed out first, the least recently
 * used one is closed when the pool is full.  An idle connection that becomes
 * readable is a dead one, or one whose answer came too late: it is closed, so
 * that nobody reads what was meant for another.
 *
 * The hard thing is that to leave a pool may let the next one connect, which
 * may fail and leave: `pumping` makes a loop of that.
 */
#include "io/connpool.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
    BUCKETS = 512
};

struct lco_pool {
    lco_pools *set;
    lco_pool *next; /* in its bucket */
    int size, backlog;
    unsigned in_use, nidle, nwaiting;
    TAILQ_HEAD(lco_idle_list, lco_link) idle; /* most recently used first */
    TAILQ_HEAD(, lco_tcp) waiting;            /* in order */
    int pumping;
    uint64_t hash;
    size_t len;
    char key[];
};

struct lco_pools {
    lco_loop *loop;
    unsigned npools;
    int closed;
    lco_pool *buckets[BUCKETS];
};

lco_pools *lco_pools_new(lco_loop *loop)
{
    lco_pools *set = calloc(1, sizeof(*set));

    if (set) {
        set->loop = loop;
    }
    return set;
}

unsigned lco_pools_count(const lco_pools *set)
{
    return set->npools;
}

unsigned lco_pool_idle(const lco_pool *p)
{
    return p->nidle;
}

unsigned lco_pool_waiting(const lco_pool *p)
{
    return p->nwaiting;
}

/* FNV-1a */
static uint64_t hash_of(const char *key, size_t len)
{
    uint64_t h = 14695981039346656037U;
    size_t i;

    for (i = 0; i < len; i++) {
        h = (h ^ (unsigned char) key[i]) * 1099511628211U;
    }
    return h;
}

lco_pool *lco_pool_find(lco_pools *set, const char *key, size_t len)
{
    uint64_t hash = hash_of(key, len);
    lco_pool *p = set->buckets[hash % BUCKETS];

    while (p && (p->hash != hash || p->len != len ||
                 memcmp(p->key, key, len) != 0)) {
        p = p->next;
    }
    return p;
}

lco_pool *lco_pool_make(lco_pools *set, const char *key, size_t len, int size,
                        int backlog)
{
    lco_pool *p = calloc(1, sizeof(*p) + len);

    if (!p) {
        return NULL;
    }
    memcpy(p->key, key, len);
    p->len = len;
    p->hash = hash_of(key, len);
    p->set = set;
    p->size = size;
    p->backlog = backlog;
    TAILQ_INIT(&p->idle);
    TAILQ_INIT(&p->waiting);
    p->next = set->buckets[p->hash % BUCKETS];
    set->buckets[p->hash % BUCKETS] = p;
    set->npools++;
    return p;
}

void lco_pool_tidy(lco_pool *p)
{
    lco_pools *set = p->set;
    lco_pool **at = &set->buckets[p->hash % BUCKETS];

    if (p->in_use || p->nidle || p->nwaiting || p->pumping) {
        return;
    }
    while (*at != p) {
        at = &(*at)->next;
    }
    *at = p->next;
    free(p);
    set->npools--;
    if (set->closed && !set->npools) {
        free(set);
    }
}

static int has_room(const lco_pool *p)
{
    return p->backlog < 0 || p->in_use + p->nidle < (unsigned) p->size;
}

/* Takes the most recently used idle connection out, or NULL. */
static lco_link *take(lco_pool *p)
{
    lco_link *l = TAILQ_FIRST(&p->idle);

    if (l) {
        TAILQ_REMOVE(&p->idle, l, idle);
        p->nidle--;
        lco_timer_stop(p->set->loop, &l->idle_timer);
        l->pool = NULL;
        l->reused++;
    }
    return l;
}

/* Lets those connect who wait and now may; frees the pool if it is empty. */
static void pump(lco_pool *p)
{
    lco_tcp *tcp;
    lco_link *l;

    if (p->pumping) {
        return;
    }
    p->pumping = 1;
    while ((tcp = TAILQ_FIRST(&p->waiting)) && (p->nidle || has_room(p))) {
        TAILQ_REMOVE(&p->waiting, tcp, queue);
        p->nwaiting--;
        l = take(p);
        p->in_use++;
        lco_tcp_dequeued(tcp, l);
    }
    p->pumping = 0;
    lco_pool_tidy(p);
}

lco_io lco_pool_enter(lco_pool *p, lco_tcp *tcp, lco_link **l)
{
    *l = take(p);
    if (*l || has_room(p)) {
        p->in_use++;
        return LCO_IO_OK;
    }
    if (p->nwaiting >= (unsigned) p->backlog) {
        return LCO_IO_FULL;
    }
    TAILQ_INSERT_TAIL(&p->waiting, tcp, queue);
    p->nwaiting++;
    return LCO_IO_WAIT;
}

void lco_pool_unqueue(lco_pool *p, lco_tcp *tcp)
{
    TAILQ_REMOVE(&p->waiting, tcp, queue);
    p->nwaiting--;
    lco_pool_tidy(p);
}

void lco_pool_leave(lco_pool *p)
{
    p->in_use--;
    pump(p);
}

/* Closes an idle connection. */
static void discard(lco_link *l)
{
    lco_pool *p = l->pool;

    TAILQ_REMOVE(&p->idle, l, idle);
    p->nidle--;
    lco_link_close(l);
}

static void on_idle_end(lco_link *l)
{
    lco_pool *p = l->pool;

    discard(l);
    pump(p);
}

static void on_idle_timer(lco_loop *loop, lco_timer *t)
{
    (void) loop;
    on_idle_end(t->data);
}

/* Has the peer closed, or said something that nobody asked for? */
static int is_dead(lco_link *l)
{
    char byte;

    return lco_link_recv(l, &byte, 1) >= 0 || errno != EAGAIN;
}

static void on_idle_ready(lco_link *l, void *user)
{
    (void) user;
    if (is_dead(l)) {
        on_idle_end(l);
    }
}

lco_io lco_pool_keep(lco_pool *p, lco_tcp *tcp, lco_usec idle)
{
    lco_pool *counted = tcp->pool;
    int dead, late = tcp->late;
    lco_link *l = lco_tcp_detach(tcp);

    /* Now it is no more in use, and idle presently. */
    if (counted) {
        counted->in_use--;
    }
    dead = p->set->closed || lco_link_watch(l, 0) != 0 || is_dead(l);
    if (!dead && idle > 0) {
        l->idle_timer.fn = on_idle_timer;
        dead = lco_timer_start(p->set->loop, &l->idle_timer, idle) != 0;
    }
    if (dead || late) {
        lco_link_close(l);
    }
    else {
        l->pool = p;
        l->on_ready = on_idle_ready;
        TAILQ_INSERT_HEAD(&p->idle, l, idle);
        p->nidle++;
        if (p->nidle > (unsigned) p->size) {
            discard(TAILQ_LAST(&p->idle, lco_idle_list));
        }
    }
    if (counted && counted != p) {
        pump(counted);
    }
    pump(p);
    return dead ? LCO_IO_CLOSED : LCO_IO_OK;
}

void lco_pools_close(lco_pools *set)
{
    lco_pool *p, *next;
    lco_link *l;
    int i;

    set->closed = 1;
    set->npools++; /* the set stays for the loop */
    for (i = 0; i < BUCKETS; i++) {
        for (p = set->buckets[i]; p; p = next) {
            next = p->next;
            while ((l = TAILQ_FIRST(&p->idle))) {
                discard(l);
            }
            lco_pool_tidy(p);
        }
    }
    if (!--set->npools) {
        free(set);
    }
}

/* The memory of a dictionary: mapping, lock, free runs of grains, things in
 * one run or several.
 *
 * The hard part is what is not here: no step needs to be undone.  A process may
 * be killed between any two stores; lco_repair() then derives everything from
 * the things that are live.
 */
#include "shm/space.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <time.h>

#if defined(__x86_64__) || defined(__i386__)
#define RELAX() __builtin_ia32_pause()
#else
#define RELAX() ((void) 0)
#endif

/* Of this layout; another one needs another number. */
#define MAGIC UINT64_C(0x3174636964434c01)

enum {
    EXACT_CLASSES = 32, /* runs of 1 to 32 grains have a class each */
    LOOK = 8,           /* runs looked at in a class that may be too short */
    SPINS = 200,        /* looks at the lock before sleeping */
    LINE = 64
};

_Static_assert(sizeof(lco_free_run) <= LCO_GRAIN - 4, "free run in a grain");
_Static_assert(offsetof(lco_entry, value) % 8 == 0, "stored at once");
_Static_assert(offsetof(lco_entry, expires) % 8 == 0, "stored at once");
_Static_assert(offsetof(lco_thing, stamp) % 8 == 0, "stored at once");

void (*lco_dict_on_repair)(lco_dict *d, unsigned dropped);

static uint64_t round_up(uint64_t n, uint64_t to)
{
    return (n + to - 1) / to * to;
}

static int init_lock(pthread_mutex_t *lock)
{
    pthread_mutexattr_t attr;
    int rc = pthread_mutexattr_init(&attr);

    if (rc) {
        return rc;
    }
    rc = pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
    if (!rc) {
        rc = pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
    }
    if (!rc) {
        rc = pthread_mutex_init(lock, &attr);
    }
    pthread_mutexattr_destroy(&attr);
    return rc;
}

/* Places for buckets, bits and grains: one bucket for 4 grains, which are two
 * entries at most. */
static void lay_out(lco_dict *d, uint64_t size)
{
    uint64_t grains = (size - sizeof(*d)) / LCO_GRAIN;
    uint64_t buckets = 1, at, bits;

    while (buckets * 8 <= grains && buckets < (UINT64_C(1) << 31)) {
        buckets *= 2;
    }
    at = round_up(sizeof(*d), LINE);
    d->buckets_at = at;
    at += buckets * sizeof(uint32_t);
    bits = round_up(grains, 64) / 8;
    d->live_at = round_up(at, LINE);
    d->used_at = round_up(d->live_at + bits, LINE);
    d->grains_at = round_up(d->used_at + bits, LINE);
    grains = (size - d->grains_at) / LCO_GRAIN;
    d->bucket_mask = (uint32_t) (buckets - 1);
    d->grains = grains > UINT32_MAX ? UINT32_MAX : (uint32_t) grains;
    d->size = size;
}

static void make_hash_key(uint64_t key[2])
{
    struct timespec now;

    if (getrandom(key, 2 * sizeof(*key), GRND_NONBLOCK) !=
        (ssize_t) (2 * sizeof(*key))) {
        clock_gettime(CLOCK_REALTIME, &now);
        key[0] = (uint64_t) now.tv_nsec * UINT64_C(0x9e3779b97f4a7c15);
        key[1] = (uint64_t) now.tv_sec ^ (uint64_t) (uintptr_t) key;
    }
}

lco_dict *lco_dict_create(uint64_t size)
{
    lco_dict *d;
    int rc;

    if (size < LCO_DICT_MIN || size > LCO_DICT_MAX || size > SIZE_MAX) {
        errno = EINVAL;
        return NULL;
    }
    d = mmap(NULL, (size_t) size, PROT_READ | PROT_WRITE,
             /* cppcheck-suppress invalidFunctionArg ; no file */
             MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (d == MAP_FAILED) {
        return NULL;
    }
    rc = init_lock(&d->lock);
    if (rc) {
        munmap(d, (size_t) size);
        errno = rc;
        return NULL;
    }
    lay_out(d, size);
    make_hash_key(d->hash_key);
    lco_space_use(d, 0, 1);
    lco_space_free_rest(d);
    d->magic = MAGIC;
    return d;
}

void lco_dict_destroy(lco_dict *d, uint64_t size)
{
    munmap(d, (size_t) size);
}

int lco_dict_is_ours(const lco_dict *d, uint64_t size)
{
    return d->magic == MAGIC && d->size == size;
}

uint64_t lco_dict_capacity(const lco_dict *d)
{
    return d->size;
}

uint64_t lco_dict_free_space(lco_dict *d)
{
    uint64_t n;

    lco_space_lock(d);
    n = (uint64_t) d->free_grains * LCO_GRAIN;
    lco_space_unlock(d);
    return n;
}

/* ---- the lock ---- */

/* Sleeping costs more than what the lock is held for, mostly. */
static int take_lock(pthread_mutex_t *lock)
{
    int i, rc;

    for (i = 0; i < SPINS; i++) {
        rc = pthread_mutex_trylock(lock);
        if (rc != EBUSY) {
            return rc;
        }
        RELAX();
    }
    return pthread_mutex_lock(lock);
}

void lco_space_lock(lco_dict *d)
{
    int rc = take_lock(&d->lock);
    unsigned dropped;

    while (rc == EOWNERDEAD) {
        dropped = lco_repair(d);
        d->repairs++;
        pthread_mutex_consistent(&d->lock);
        pthread_mutex_unlock(&d->lock);
        if (lco_dict_on_repair) {
            lco_dict_on_repair(d, dropped);
        }
        rc = take_lock(&d->lock);
    }
    assert(rc == 0);
}

void lco_space_unlock(lco_dict *d)
{
    pthread_mutex_unlock(&d->lock);
}

/* ---- free runs ---- */

static unsigned log2_of(uint32_t n)
{
    return 31 - (unsigned) __builtin_clz(n);
}

static unsigned class_of(uint32_t n)
{
    return n <= EXACT_CLASSES ? n - 1 : EXACT_CLASSES - 5 + log2_of(n);
}

static void mark(uint64_t *bits, uint32_t first, uint32_t n, int on)
{
    while (n) {
        uint32_t shift = first % 64, k = 64 - shift < n ? 64 - shift : n;
        uint64_t mask = (k == 64 ? ~UINT64_C(0) : (UINT64_C(1) << k) - 1)
                        << shift;

        if (on) {
            bits[first / 64] |= mask;
        }
        else {
            bits[first / 64] &= ~mask;
        }
        first += k;
        n -= k;
    }
}

void lco_space_use(lco_dict *d, uint32_t first, uint32_t n)
{
    mark(lco_used(d), first, n, 1);
}

static uint32_t *tail_of(const lco_dict *d, uint32_t first, uint32_t n)
{
    return (uint32_t *) lco_at(d, first + n) - 1;
}

static void push_run(lco_dict *d, uint32_t first, uint32_t n)
{
    unsigned c = class_of(n);
    lco_free_run *run = lco_free_at(d, first);

    run->n = n;
    run->prev = 0;
    run->next = d->free_runs[c];
    *tail_of(d, first, n) = n;
    LCO_SHM_POINT();
    if (run->next) {
        lco_free_at(d, run->next)->prev = first;
    }
    d->free_runs[c] = first;
    LCO_SHM_POINT();
    d->classes |= UINT64_C(1) << c;
}

static void unlink_run(lco_dict *d, uint32_t first)
{
    lco_free_run *run = lco_free_at(d, first);
    unsigned c = class_of(run->n);

    if (run->prev) {
        lco_free_at(d, run->prev)->next = run->next;
    }
    else {
        d->free_runs[c] = run->next;
        if (!run->next) {
            d->classes &= ~(UINT64_C(1) << c);
        }
    }
    LCO_SHM_POINT();
    if (run->next) {
        lco_free_at(d, run->next)->prev = run->prev;
    }
}

/* A free run of N grains or more, or 0. */
static uint32_t find_run(const lco_dict *d, uint32_t n)
{
    unsigned c = class_of(n), i;
    uint64_t longer;
    uint32_t run;

    if (n > EXACT_CLASSES) {
        run = d->free_runs[c];
        for (i = 0; run && i < LOOK; i++) {
            if (lco_free_at(d, run)->n >= n) {
                return run;
            }
            run = lco_free_at(d, run)->next;
        }
        c++;
    }
    longer = d->classes & ~((UINT64_C(1) << c) - 1);
    return longer ? d->free_runs[__builtin_ctzll(longer)] : 0;
}

/* The first N grains of the free run FIRST become used. */
static void use_run(lco_dict *d, uint32_t first, uint32_t n)
{
    uint32_t all = lco_free_at(d, first)->n;

    unlink_run(d, first);
    mark(lco_used(d), first, n, 1);
    d->free_grains -= n;
    LCO_SHM_POINT();
    if (all > n) {
        push_run(d, first + n, all - n);
    }
}

static void free_run(lco_dict *d, uint32_t first, uint32_t n)
{
    const uint64_t *used = lco_used(d);
    uint32_t after = first + n;

    d->free_grains += n;
    mark(lco_used(d), first, n, 0);
    LCO_SHM_POINT();
    /* number 0 is never free */
    if (!lco_bit(used, first - 1)) {
        uint32_t before = *tail_of(d, first - 1, 1);

        unlink_run(d, first - before);
        first -= before;
        n += before;
    }
    if (after < d->grains && !lco_bit(used, after)) {
        n += lco_free_at(d, after)->n;
        unlink_run(d, after);
    }
    LCO_SHM_POINT();
    push_run(d, first, n);
}

void lco_space_free_rest(lco_dict *d)
{
    const uint64_t *used = lco_used(d);
    uint32_t i = 1, first;

    d->free_grains = 0;
    d->classes = 0;
    memset(d->free_runs, 0, sizeof(d->free_runs));
    while (i < d->grains) {
        if (used[i / 64] == ~UINT64_C(0)) {
            i = i / 64 * 64 + 64;
            continue;
        }
        if (lco_bit(used, i)) {
            i++;
            continue;
        }
        first = i;
        while (i < d->grains && !lco_bit(used, i)) {
            i += i % 64 == 0 && used[i / 64] == 0 && d->grains - i >= 64 ? 64
                                                                         : 1;
        }
        d->free_grains += i - first;
        push_run(d, first, i - first);
    }
}

/* ---- things ---- */

static uint32_t grains_for(uint64_t bytes)
{
    return (uint32_t) ((bytes + LCO_GRAIN - 1) / LCO_GRAIN);
}

/* Up to N grains of the longest run there is, *GOT of them. */
static uint32_t use_longest(lco_dict *d, uint32_t n, uint32_t *got)
{
    uint32_t first = d->free_runs[63 - __builtin_clzll(d->classes)];
    uint32_t all = lco_free_at(d, first)->n;

    *got = all < n ? all : n;
    use_run(d, first, *got);
    lco_run_at(d, first)->next = 0;
    lco_run_at(d, first)->n = *got;
    LCO_SHM_POINT();
    return first;
}

/* In several runs, since no single one is long enough. */
static uint32_t take_pieces(lco_dict *d, size_t header, uint64_t data)
{
    uint64_t left = header + data;
    uint32_t thing = 0, last = 0, first, got;

    while (left) {
        uint64_t head = thing ? sizeof(lco_run_head) : 0;

        if (!d->classes) {
            break;
        }
        first = use_longest(d, grains_for(head + left), &got);
        if (!thing) {
            thing = first;
            if ((uint64_t) got * LCO_GRAIN < header) {
                break;
            }
        }
        else {
            lco_run_at(d, last)->next = first;
        }
        last = first;
        head = (uint64_t) got * LCO_GRAIN - head;
        left -= head < left ? head : left;
    }
    if (left && thing) {
        lco_space_give(d, thing);
        thing = 0;
    }
    return thing;
}

uint32_t lco_space_take(lco_dict *d, size_t header, uint64_t data)
{
    uint32_t n, first;

    if (data > d->size || grains_for(header + data) > d->free_grains) {
        return 0;
    }
    n = grains_for(header + data);
    first = find_run(d, n);
    if (!first) {
        return take_pieces(d, header, data);
    }
    use_run(d, first, n);
    lco_run_at(d, first)->next = 0;
    lco_run_at(d, first)->n = n;
    LCO_SHM_POINT();
    return first;
}

void lco_space_give(lco_dict *d, uint32_t thing)
{
    while (thing) {
        lco_run_head head = *lco_run_at(d, thing);

        free_run(d, thing, head.n);
        LCO_SHM_POINT();
        thing = head.next;
    }
}

/* What the thing holds was written before.  A fence for the compiler is enough
 * here and below: who looks at it next has been told by the kernel, or has got
 * the lock, that this process is done. */
void lco_space_set_live(lco_dict *d, uint32_t thing)
{
    uint64_t *word = &lco_live(d)[thing / 64];

    LCO_SHM_POINT();
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    __atomic_store_n(word, *word | UINT64_C(1) << (thing % 64),
                     __ATOMIC_RELAXED);
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    LCO_SHM_POINT();
}

/* And what lies there is overwritten afterwards. */
void lco_space_set_dead(lco_dict *d, uint32_t thing)
{
    uint64_t *word = &lco_live(d)[thing / 64];

    LCO_SHM_POINT();
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    __atomic_store_n(word, *word & ~(UINT64_C(1) << (thing % 64)),
                     __ATOMIC_RELAXED);
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    LCO_SHM_POINT();
}

/* ---- data ---- */

void lco_cursor_start(lco_cursor *c, lco_dict *d, uint32_t thing, size_t header)
{
    const lco_run_head *run = lco_run_at(d, thing);

    c->d = d;
    c->p = (char *) lco_at(d, thing) + header;
    c->left = (size_t) run->n * LCO_GRAIN - header;
    c->next = run->next;
}

/* The rest of this run, or the next one; at most LEN bytes. */
static size_t step(lco_cursor *c, uint64_t len)
{
    if (!c->left) {
        lco_cursor_start(c, c->d, c->next, sizeof(lco_run_head));
    }
    return c->left < len ? c->left : (size_t) len;
}

static void go_on(lco_cursor *c, size_t n)
{
    c->p += n;
    c->left -= n;
}

void lco_cursor_read(lco_cursor *c, char *copy, uint64_t len)
{
    size_t n;

    for (; len; len -= n) {
        n = step(c, len);
        if (copy) {
            memcpy(copy, c->p, n);
            copy += n;
        }
        go_on(c, n);
    }
}

void lco_cursor_write(lco_cursor *c, const char *data, uint64_t len)
{
    size_t n;

    for (; len; len -= n) {
        n = step(c, len);
        memcpy(c->p, data, n);
        LCO_SHM_POINT();
        data += n;
        go_on(c, n);
    }
}

int lco_cursor_equals(lco_cursor *c, const char *data, size_t len)
{
    size_t n;

    for (; len; len -= n) {
        n = step(c, len);
        if (memcmp(c->p, data, n) != 0) {
            return 0;
        }
        data += n;
        go_on(c, n);
    }
    return 1;
}

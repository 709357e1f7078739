/* Entries of a dictionary: found by a hash table, kept in the order of their
 * use, removed from its other end.
 *
 * The order of everything that can be seen (which entry goes, what an expired
 * one still does) is lua-nginx-module's.  A value is never changed where it
 * lies, but a number by incr: a new entry is made, then the old one goes, so
 * that a process which is killed leaves the old one or the new one.
 */
#include "shm/space.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    FORCED_MAX = 30 /* how often set() and incr() make room by force */
};

/* ---- keys ---- */

static uint64_t rotate(uint64_t x, unsigned by)
{
    return x << by | x >> (64 - by);
}

#define SIP_ROUND                                                              \
    v0 += v1;                                                                  \
    v1 = rotate(v1, 13) ^ v0;                                                  \
    v0 = rotate(v0, 32);                                                       \
    v2 += v3;                                                                  \
    v3 = rotate(v3, 16) ^ v2;                                                  \
    v0 += v3;                                                                  \
    v3 = rotate(v3, 21) ^ v0;                                                  \
    v2 += v1;                                                                  \
    v1 = rotate(v1, 17) ^ v2;                                                  \
    v2 = rotate(v2, 32)

/* SipHash-1-3, keyed by the dictionary: keys come from clients. */
uint32_t lco_dict_hash(const lco_dict *d, const char *key, size_t len)
{
    uint64_t v0 = d->hash_key[0] ^ UINT64_C(0x736f6d6570736575);
    uint64_t v1 = d->hash_key[1] ^ UINT64_C(0x646f72616e646f6d);
    uint64_t v2 = d->hash_key[0] ^ UINT64_C(0x6c7967656e657261);
    uint64_t v3 = d->hash_key[1] ^ UINT64_C(0x7465646279746573);
    uint64_t m;
    size_t left;

    for (left = len; left >= 8; left -= 8) {
        memcpy(&m, key, 8);
        key += 8;
        v3 ^= m;
        SIP_ROUND;
        v0 ^= m;
    }
    m = (uint64_t) len << 56;
    while (left) {
        left--;
        m |= (uint64_t) (unsigned char) key[left] << (8 * left);
    }
    v3 ^= m;
    SIP_ROUND;
    v0 ^= m;
    v2 ^= 0xff;
    SIP_ROUND;
    SIP_ROUND;
    SIP_ROUND;
    m = v0 ^ v1 ^ v2 ^ v3;
    return (uint32_t) (m ^ m >> 32);
}

static int has_key(lco_dict *d, uint32_t entry, const char *key, size_t key_len)
{
    const lco_entry *e = lco_entry_at(d, entry);
    lco_cursor c;

    if (e->t.key_len != key_len) {
        return 0;
    }
    lco_cursor_start(&c, d, entry, lco_header_size(e->t.type));
    return lco_cursor_equals(&c, key, key_len);
}

uint32_t lco_dict_find(lco_dict *d, uint32_t hash, const char *key,
                       size_t key_len)
{
    uint32_t entry = *lco_bucket(d, hash);

    while (entry) {
        const lco_entry *e = lco_entry_at(d, entry);

        if (e->hash == hash && has_key(d, entry, key, key_len)) {
            break;
        }
        entry = e->chain;
    }
    return entry;
}

/* ---- the order of use ---- */

static void unlink_use(lco_dict *d, const lco_entry *e)
{
    if (e->newer) {
        lco_entry_at(d, e->newer)->older = e->older;
    }
    else {
        d->newest = e->older;
    }
    LCO_SHM_POINT();
    if (e->older) {
        lco_entry_at(d, e->older)->newer = e->newer;
    }
    else {
        d->oldest = e->newer;
    }
    LCO_SHM_POINT();
}

static void link_newest(lco_dict *d, uint32_t entry)
{
    lco_entry *e = lco_entry_at(d, entry);

    __atomic_store_n(&e->t.stamp, ++d->clock, __ATOMIC_RELAXED);
    LCO_SHM_POINT();
    e->newer = 0;
    e->older = d->newest;
    if (e->older) {
        lco_entry_at(d, e->older)->newer = entry;
    }
    else {
        d->oldest = entry;
    }
    LCO_SHM_POINT();
    d->newest = entry;
}

void lco_dict_touch(lco_dict *d, uint32_t entry)
{
    if (d->newest != entry) {
        unlink_use(d, lco_entry_at(d, entry));
        link_newest(d, entry);
    }
}

/* ---- time ---- */

/* The clock is read at most once for each operation, and for most not at all.
 */
static int64_t time_of(int64_t *now)
{
    struct timespec t;

    if (!*now) {
        clock_gettime(CLOCK_REALTIME, &t);
        *now = (int64_t) t.tv_sec * 1000 + t.tv_nsec / 1000000;
    }
    return *now;
}

int lco_dict_expired(const lco_entry *e, int64_t *now)
{
    return e->expires && (int64_t) (e->expires - (uint64_t) time_of(now)) <= 0;
}

static uint64_t deadline(int64_t *now, int64_t ttl)
{
    return ttl > 0 ? (uint64_t) time_of(now) + (uint64_t) ttl : 0;
}

/* ---- entries ---- */

uint32_t lco_dict_make(lco_dict *d, unsigned type, uint64_t len, uint32_t hash,
                       const char *key, size_t key_len, uint64_t expires,
                       lco_cursor *c)
{
    size_t header = lco_header_size(type);
    uint32_t entry = lco_space_take(
        d, header, key_len + (type == LCO_DICT_STRING ? len : 0));
    lco_entry *e = lco_entry_at(d, entry);

    if (!entry) {
        return 0;
    }
    e->t.stamp = 0; /* older than the entry that this one takes over from,
                       should both be found */
    e->t.len = (uint32_t) len;
    e->t.key_len = (uint16_t) key_len;
    e->t.type = (uint8_t) type;
    e->hash = hash;
    e->expires = expires;
    e->flags = 0;
    LCO_SHM_POINT();
    lco_cursor_start(c, d, entry, header);
    lco_cursor_write(c, key, key_len);
    return entry;
}

void lco_dict_enter(lco_dict *d, uint32_t entry)
{
    lco_entry *e = lco_entry_at(d, entry);
    uint32_t *bucket = lco_bucket(d, e->hash);

    lco_space_set_live(d, entry);
    e->chain = *bucket;
    *bucket = entry;
    LCO_SHM_POINT();
    link_newest(d, entry);
    d->entries++;
}

void lco_dict_remove(lco_dict *d, uint32_t entry)
{
    lco_entry *e = lco_entry_at(d, entry);
    uint32_t *link = lco_bucket(d, e->hash);

    lco_space_set_dead(d, entry);
    while (*link != entry) {
        link = &lco_entry_at(d, *link)->chain;
    }
    *link = e->chain;
    LCO_SHM_POINT();
    unlink_use(d, e);
    if (e->t.type == LCO_DICT_LIST) {
        lco_dict_drop_items(d, e->ends[LCO_DICT_LEFT]);
    }
    d->entries--;
    lco_space_give(d, entry);
}

unsigned lco_dict_sweep(lco_dict *d, int64_t *now, int force)
{
    unsigned freed = 0, n;

    for (n = force ? 0 : 1; n < 3 && d->oldest; n++) {
        if (n && !lco_dict_expired(lco_entry_at(d, d->oldest), now)) {
            break;
        }
        lco_dict_remove(d, d->oldest);
        freed++;
    }
    return freed;
}

/* An entry for KEY with V, made live in place of OLD (0: none).  Without room,
 * OLD goes first, and with FORCED not NULL others that were not used for
 * longest. */
static int store(lco_dict *d, uint32_t old, uint32_t hash, const char *key,
                 size_t key_len, const lco_dict_value *v, uint64_t expires,
                 int64_t *now, int *forced)
{
    uint64_t len = v->type == LCO_DICT_STRING    ? v->len
                   : v->type == LCO_DICT_BOOLEAN ? (uint64_t) !!v->u.int_value
                                                 : 0;
    lco_cursor c;
    uint32_t entry = 0;
    lco_entry *e;
    int i;

    if (len <= UINT32_MAX) {
        entry = lco_dict_make(d, v->type, len, hash, key, key_len, expires, &c);
    }
    if (!entry && old) {
        lco_dict_remove(d, old);
        old = 0;
        if (len <= UINT32_MAX) {
            entry =
                lco_dict_make(d, v->type, len, hash, key, key_len, expires, &c);
        }
    }
    for (i = 0; !entry && forced && i < FORCED_MAX; i++) {
        if (!lco_dict_sweep(d, now, 1)) {
            break;
        }
        *forced = 1;
        if (len <= UINT32_MAX) {
            entry =
                lco_dict_make(d, v->type, len, hash, key, key_len, expires, &c);
        }
    }
    if (!entry) {
        return 0;
    }
    e = lco_entry_at(d, entry);
    e->flags = v->flags;
    if (v->type == LCO_DICT_STRING) {
        lco_cursor_write(&c, v->data, v->len);
    }
    else if (v->type != LCO_DICT_BOOLEAN) {
        memcpy(&e->value, &v->u, sizeof(e->value));
    }
    e->t.stamp = ++d->clock;
    lco_dict_enter(d, entry);
    if (old) {
        lco_dict_remove(d, old);
    }
    return 1;
}

lco_dict_rc lco_dict_set(lco_dict *d, int ops, const char *key, size_t key_len,
                         const lco_dict_value *v, int64_t now, int64_t ttl,
                         int *forced)
{
    uint32_t hash = lco_dict_hash(d, key, key_len), entry;
    lco_dict_rc rc = LCO_DICT_OK;
    int is_there;

    *forced = 0;
    lco_space_lock(d);
    lco_dict_sweep(d, &now, 0);
    entry = lco_dict_find(d, hash, key, key_len);
    is_there = entry && !lco_dict_expired(lco_entry_at(d, entry), &now);
    if (is_there) {
        lco_dict_touch(d, entry);
    }
    if ((ops & LCO_DICT_REPLACE) && !is_there) {
        rc = LCO_DICT_NOT_FOUND;
    }
    else if ((ops & LCO_DICT_ADD) && is_there) {
        rc = LCO_DICT_EXISTS;
    }
    else if (v->type == LCO_DICT_NIL) {
        if (entry) {
            lco_dict_remove(d, entry);
        }
    }
    else if (!store(d, entry, hash, key, key_len, v, deadline(&now, ttl), &now,
                    ops & LCO_DICT_SAFE ? NULL : forced)) {
        rc = LCO_DICT_NO_MEMORY;
    }
    lco_space_unlock(d);
    return rc;
}

/* ---- reading ---- */

int lco_dict_buf_reserve(lco_dict_buf *buf, size_t len)
{
    size_t size = buf->size ? buf->size : 1024;
    char *data;

    if (len <= buf->size) {
        return 1;
    }
    while (size < len) {
        size = size > SIZE_MAX / 2 ? len : size * 2;
    }
    data = realloc(buf->data, size);
    if (!data) {
        return 0;
    }
    buf->data = data;
    buf->size = size;
    return 1;
}

lco_dict_rc lco_dict_get(lco_dict *d, const char *key, size_t key_len,
                         int64_t now, int stale, lco_dict_value *v,
                         lco_dict_buf *buf)
{
    uint32_t hash = lco_dict_hash(d, key, key_len), entry;
    lco_dict_rc rc = LCO_DICT_OK;
    const lco_entry *e;
    lco_cursor c;

    lco_space_lock(d);
    if (!stale) {
        lco_dict_sweep(d, &now, 0);
    }
    entry = lco_dict_find(d, hash, key, key_len);
    e = lco_entry_at(d, entry);
    v->stale = entry && lco_dict_expired(e, &now);
    if (!entry || (v->stale && !stale)) {
        rc = LCO_DICT_NOT_FOUND;
        goto out;
    }
    if (!v->stale) {
        lco_dict_touch(d, entry);
    }
    v->type = (lco_dict_type) e->t.type;
    v->flags = e->flags;
    switch (v->type) {
    case LCO_DICT_STRING:
        v->len = e->t.len;
        if (!lco_dict_buf_reserve(buf, v->len)) {
            rc = LCO_DICT_NO_BUFFER;
            break;
        }
        lco_cursor_start(&c, d, entry, lco_header_size(LCO_DICT_STRING));
        lco_cursor_read(&c, NULL, e->t.key_len);
        lco_cursor_read(&c, buf->data, v->len);
        v->data = buf->data;
        break;
    case LCO_DICT_BOOLEAN:
        v->u.int_value = e->t.len;
        break;
    case LCO_DICT_INTEGER:
    case LCO_DICT_NUMBER:
        memcpy(&v->u, &e->value, sizeof(e->value));
        break;
    case LCO_DICT_NIL:
    case LCO_DICT_LIST:
        rc = LCO_DICT_IS_LIST;
        break;
    }
out:
    lco_space_unlock(d);
    return rc;
}

/* ---- numbers ---- */

/* Integers stay integers while the sum is one. */
static void add(lco_dict_value *to, const lco_dict_value *v)
{
    int64_t sum;
    double a, b;

    if (to->type == LCO_DICT_INTEGER && v->type == LCO_DICT_INTEGER &&
        !__builtin_add_overflow(to->u.int_value, v->u.int_value, &sum)) {
        to->u.int_value = sum;
        return;
    }
    a = to->type == LCO_DICT_INTEGER ? (double) to->u.int_value
                                     : to->u.num_value;
    b = v->type == LCO_DICT_INTEGER ? (double) v->u.int_value : v->u.num_value;
    to->type = LCO_DICT_NUMBER;
    to->u.num_value = a + b;
}

lco_dict_rc lco_dict_incr(lco_dict *d, const char *key, size_t key_len,
                          lco_dict_value *v, const lco_dict_value *init,
                          int64_t now, int64_t ttl, int *forced)
{
    uint32_t hash = lco_dict_hash(d, key, key_len), entry;
    lco_dict_value sum = {.type = LCO_DICT_NUMBER};
    lco_dict_rc rc = LCO_DICT_OK;
    lco_entry *e;
    uint64_t word;

    *forced = 0;
    lco_space_lock(d);
    lco_dict_sweep(d, &now, 0);
    entry = lco_dict_find(d, hash, key, key_len);
    e = lco_entry_at(d, entry);
    if (!entry || lco_dict_expired(e, &now)) {
        if (!init) {
            rc = LCO_DICT_NOT_FOUND;
            goto out;
        }
        sum = *init;
        sum.flags = 0;
        add(&sum, v);
        if (!store(d, entry, hash, key, key_len, &sum, deadline(&now, ttl),
                   &now, forced)) {
            rc = LCO_DICT_NO_MEMORY;
        }
    }
    else {
        lco_dict_touch(d, entry);
        if (e->t.type != LCO_DICT_INTEGER && e->t.type != LCO_DICT_NUMBER) {
            rc = LCO_DICT_NOT_NUMBER;
            goto out;
        }
        sum.type = (lco_dict_type) e->t.type;
        sum.flags = e->flags;
        memcpy(&sum.u, &e->value, sizeof(sum.u));
        add(&sum, v);
        if (sum.type == (lco_dict_type) e->t.type) {
            memcpy(&word, &sum.u, sizeof(word));
            __atomic_store_n(&e->value, word, __ATOMIC_RELAXED);
            LCO_SHM_POINT();
        }
        else if (!store(d, entry, hash, key, key_len, &sum, e->expires, &now,
                        forced)) {
            rc = LCO_DICT_NO_MEMORY;
        }
    }
    if (rc == LCO_DICT_OK) {
        *v = sum;
    }
out:
    lco_space_unlock(d);
    return rc;
}

/* ---- lifetimes ---- */

lco_dict_rc lco_dict_ttl(lco_dict *d, const char *key, size_t key_len,
                         int64_t now, int64_t *ttl)
{
    uint32_t hash = lco_dict_hash(d, key, key_len), entry;

    lco_space_lock(d);
    entry = lco_dict_find(d, hash, key, key_len);
    if (entry) {
        uint64_t expires = lco_entry_at(d, entry)->expires;

        *ttl = expires ? (int64_t) (expires - (uint64_t) time_of(&now)) : 0;
    }
    lco_space_unlock(d);
    return entry ? LCO_DICT_OK : LCO_DICT_NOT_FOUND;
}

lco_dict_rc lco_dict_expire(lco_dict *d, const char *key, size_t key_len,
                            int64_t now, int64_t ttl)
{
    uint32_t hash = lco_dict_hash(d, key, key_len), entry;

    lco_space_lock(d);
    entry = lco_dict_find(d, hash, key, key_len);
    if (entry) {
        __atomic_store_n(&lco_entry_at(d, entry)->expires, deadline(&now, ttl),
                         __ATOMIC_RELAXED);
        LCO_SHM_POINT();
    }
    lco_space_unlock(d);
    return entry ? LCO_DICT_OK : LCO_DICT_NOT_FOUND;
}

/* ---- all entries ---- */

void lco_dict_flush_all(lco_dict *d, int64_t now)
{
    uint32_t entry;

    lco_space_lock(d);
    for (entry = d->newest; entry; entry = lco_entry_at(d, entry)->older) {
        __atomic_store_n(&lco_entry_at(d, entry)->expires, UINT64_C(1),
                         __ATOMIC_RELAXED);
        LCO_SHM_POINT();
    }
    lco_dict_sweep(d, &now, 1);
    lco_space_unlock(d);
}

unsigned lco_dict_flush_expired(lco_dict *d, unsigned max, int64_t now)
{
    uint32_t entry, next;
    unsigned freed = 0;

    lco_space_lock(d);
    for (entry = d->oldest; entry; entry = next) {
        next = lco_entry_at(d, entry)->newer;
        if (!lco_dict_expired(lco_entry_at(d, entry), &now)) {
            continue;
        }
        lco_dict_remove(d, entry);
        freed++;
        if (max && freed == max) {
            break;
        }
    }
    lco_space_unlock(d);
    return freed;
}

lco_dict_rc lco_dict_keys(lco_dict *d, unsigned max, int64_t now,
                          lco_dict_buf *buf, size_t *count)
{
    lco_dict_rc rc = LCO_DICT_OK;
    uint32_t entry;
    size_t len = 0;
    lco_cursor c;

    *count = 0;
    lco_space_lock(d);
    for (entry = d->oldest; entry; entry = lco_entry_at(d, entry)->newer) {
        const lco_entry *e = lco_entry_at(d, entry);
        size_t key_len = e->t.key_len;

        if (lco_dict_expired(e, &now)) {
            continue;
        }
        if (!lco_dict_buf_reserve(buf, len + 2 + key_len)) {
            rc = LCO_DICT_NO_BUFFER;
            break;
        }
        buf->data[len++] = (char) (key_len & 0xff);
        buf->data[len++] = (char) (key_len >> 8);
        lco_cursor_start(&c, d, entry, lco_header_size(e->t.type));
        lco_cursor_read(&c, buf->data + len, key_len);
        len += key_len;
        (*count)++;
        if (max && *count == max) {
            break;
        }
    }
    lco_space_unlock(d);
    return rc;
}

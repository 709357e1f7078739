/* Makes a dictionary whole again after a process has died with its lock.
 *
 * What is believed: the header's fixed fields, the bits of `live`, and of each
 * thing that is live what was written before it became so.  All the rest is
 * derived from that, in five passes.  Things that are live and cannot be kept
 * (the items of a list that is gone, the older of two entries with one key) are
 * marked as dead, one store each.  So this may be interrupted at any place and
 * begun again.
 *
 * No memory is needed: lists are sorted by their links.
 */
#include "shm/space.h"

#include <string.h>

static int type_is_good(unsigned type)
{
    switch (type) {
    case LCO_DICT_BOOLEAN:
    case LCO_DICT_INTEGER:
    case LCO_DICT_NUMBER:
    case LCO_DICT_STRING:
    case LCO_DICT_LIST:
    case LCO_DICT_INTEGER + LCO_THING_ITEM:
    case LCO_DICT_NUMBER + LCO_THING_ITEM:
    case LCO_DICT_STRING + LCO_THING_ITEM:
        return 1;
    default:
        return 0;
    }
}

static int is_item(const lco_thing *t)
{
    return (t->type & LCO_THING_ITEM) != 0;
}

/* Are all N grains from FIRST there and nobody's? */
static int is_unused(const lco_dict *d, uint32_t first, uint32_t n)
{
    const uint64_t *used = lco_used(d);
    uint32_t i;

    if (!first || !n || first >= d->grains || n > d->grains - first) {
        return 0;
    }
    for (i = first; i < first + n; i++) {
        if (lco_bit(used, i)) {
            return 0;
        }
    }
    return 1;
}

/* A thing's runs are used.  Returns 0, and nothing has changed, if they are not
 * what it takes: then something else than a killed process has been here. */
static int claim(lco_dict *d, uint32_t thing)
{
    const lco_thing *t = lco_thing_at(d, thing);
    uint64_t need, have = 0;
    uint32_t at;

    if (!is_unused(d, thing, 1) || !type_is_good(t->type)) {
        return 0;
    }
    need = lco_header_size(t->type) + lco_data_size(t);
    for (at = thing; at; at = lco_run_at(d, at)->next) {
        if (have >= need || !is_unused(d, at, 1) ||
            !is_unused(d, at, lco_run_at(d, at)->n)) {
            return 0;
        }
        have += (uint64_t) lco_run_at(d, at)->n * LCO_GRAIN -
                (at == thing ? 0 : sizeof(lco_run_head));
        if (at == thing && have < lco_header_size(t->type)) {
            return 0;
        }
    }
    if (have < need) {
        return 0;
    }
    for (at = thing; at; at = lco_run_at(d, at)->next) {
        lco_space_use(d, at, lco_run_at(d, at)->n);
    }
    return 1;
}

/* The reverse of claim(): dead, its grains unused. */
static void disown(lco_dict *d, uint32_t thing)
{
    uint64_t *used = lco_used(d);
    uint32_t at, i;

    lco_space_set_dead(d, thing);
    for (at = thing; at; at = lco_run_at(d, at)->next) {
        for (i = 0; i < lco_run_at(d, at)->n; i++) {
            used[(at + i) / 64] &= ~(UINT64_C(1) << ((at + i) % 64));
        }
    }
}

/* The next live thing after AT, or 0. */
static uint32_t next_live(const lco_dict *d, uint32_t at)
{
    const uint64_t *live = lco_live(d);
    uint32_t words = (d->grains + 63) / 64, w;
    uint64_t bits;

    at++;
    w = at / 64;
    if (w >= words) {
        return 0;
    }
    bits = live[w] & ~UINT64_C(0) << (at % 64);
    while (!bits && ++w < words) {
        bits = live[w];
    }
    return bits ? w * 64 + (uint32_t) __builtin_ctzll(bits) : 0;
}

/* Merge sort by stamp, the greatest first, of a list linked by the field at
 * offset LINK of its things.  Returns the new first one. */
static uint32_t *link_of(const lco_dict *d, uint32_t thing, size_t link)
{
    return (uint32_t *) ((char *) lco_at(d, thing) + link);
}

static uint32_t merge(const lco_dict *d, uint32_t a, uint32_t b, size_t link)
{
    uint32_t first = 0, *end = &first;

    while (a && b) {
        uint32_t *greater =
            lco_thing_at(d, a)->stamp >= lco_thing_at(d, b)->stamp ? &a : &b;

        *end = *greater;
        end = link_of(d, *end, link);
        *greater = *end;
    }
    *end = a ? a : b;
    return first;
}

static uint32_t sort(const lco_dict *d, uint32_t list, size_t link)
{
    uint32_t parts[32] = {0}, next;
    unsigned i;

    for (; list; list = next) {
        next = *link_of(d, list, link);
        *link_of(d, list, link) = 0;
        /* parts[i] has 2^i things, or none */
        for (i = 0; i < 31 && parts[i]; i++) {
            list = merge(d, parts[i], list, link);
            parts[i] = 0;
        }
        parts[i] = i == 31 ? merge(d, parts[i], list, link) : list;
    }
    for (i = 0; i < 32; i++) {
        list = merge(d, parts[i], list, link);
    }
    return list;
}

/* ---- the passes ---- */

/* Another entry with E's key, or 0. */
static uint32_t find_same(lco_dict *d, uint32_t entry)
{
    const lco_entry *e = lco_entry_at(d, entry), *o;
    uint32_t other;

    for (other = *lco_bucket(d, e->hash); other; other = o->chain) {
        lco_cursor a, b;
        uint32_t left = e->t.key_len;
        char buf[64];

        o = lco_entry_at(d, other);
        if (o->hash != e->hash || o->t.key_len != e->t.key_len) {
            continue;
        }
        lco_cursor_start(&a, d, entry, lco_header_size(e->t.type));
        lco_cursor_start(&b, d, other, lco_header_size(o->t.type));
        while (left) {
            uint32_t n = left < sizeof(buf) ? left : (uint32_t) sizeof(buf);

            lco_cursor_read(&a, buf, n);
            if (!lco_cursor_equals(&b, buf, n)) {
                break;
            }
            left -= n;
        }
        if (!left) {
            return other;
        }
    }
    return 0;
}

static void unchain(lco_dict *d, uint32_t entry)
{
    const lco_entry *e = lco_entry_at(d, entry);
    uint32_t *link = lco_bucket(d, e->hash);

    while (*link != entry) {
        link = &lco_entry_at(d, *link)->chain;
    }
    *link = e->chain;
}

/* Entries get their grains, their buckets and, of two with one key, the one
 * that was used last stays.  Their list by `older` has no order yet. */
static unsigned take_entries(lco_dict *d)
{
    unsigned dropped = 0;
    uint32_t entry, same;

    for (entry = next_live(d, 0); entry; entry = next_live(d, entry)) {
        lco_entry *e = lco_entry_at(d, entry);

        if (is_item(&e->t)) {
            continue;
        }
        if (!claim(d, entry)) {
            lco_space_set_dead(d, entry);
            dropped++;
            continue;
        }
        same = find_same(d, entry);
        if (same && lco_entry_at(d, same)->t.stamp > e->t.stamp) {
            disown(d, entry);
            dropped++;
            continue;
        }
        if (same) {
            unchain(d, same);
            disown(d, same);
            dropped++;
        }
        e->chain = *lco_bucket(d, e->hash);
        *lco_bucket(d, e->hash) = entry;
        if (e->t.type == LCO_DICT_LIST) {
            e->ends[LCO_DICT_LEFT] = e->ends[LCO_DICT_RIGHT] = 0;
            e->t.len = 0;
            d->clock = e->value > d->clock ? e->value : d->clock;
        }
        d->clock = e->t.stamp > d->clock ? e->t.stamp : d->clock;
        LCO_SHM_POINT();
    }
    return dropped;
}

/* Items get to their lists, in no order yet. */
static unsigned take_items(lco_dict *d)
{
    const uint64_t *live = lco_live(d);
    unsigned dropped = 0;
    uint32_t item;

    for (item = next_live(d, 0); item; item = next_live(d, item)) {
        lco_item *it = lco_item_at(d, item);
        lco_entry *e;

        if (!is_item(&it->t)) {
            continue;
        }
        e = it->entry < d->grains ? lco_entry_at(d, it->entry) : NULL;
        if (!e || !it->entry || !lco_bit(live, it->entry) ||
            e->t.type != LCO_DICT_LIST || e->value != it->list ||
            !claim(d, item)) {
            lco_space_set_dead(d, item);
            dropped++;
            continue;
        }
        it->side[LCO_DICT_LEFT] = e->ends[LCO_DICT_RIGHT];
        e->ends[LCO_DICT_RIGHT] = item;
        e->t.len++;
        d->items++;
        LCO_SHM_POINT();
    }
    return dropped;
}

static void order_items(lco_dict *d, lco_entry *e)
{
    size_t left = offsetof(lco_item, side) + LCO_DICT_LEFT * sizeof(uint32_t);
    uint32_t item = sort(d, e->ends[LCO_DICT_RIGHT], left), right = 0;

    e->ends[LCO_DICT_RIGHT] = item;
    for (; item; item = lco_item_at(d, item)->side[LCO_DICT_LEFT]) {
        lco_item_at(d, item)->side[LCO_DICT_RIGHT] = right;
        right = item;
    }
    e->ends[LCO_DICT_LEFT] = right;
}

/* The order of use, and that in lists; lists without items go. */
static unsigned order_entries(lco_dict *d)
{
    unsigned dropped = 0;
    uint32_t entry, newer = 0, all = 0;

    for (entry = next_live(d, 0); entry; entry = next_live(d, entry)) {
        lco_entry *e = lco_entry_at(d, entry);

        if (is_item(&e->t)) {
            continue;
        }
        if (e->t.type == LCO_DICT_LIST && !e->t.len) {
            unchain(d, entry);
            disown(d, entry);
            dropped++;
            continue;
        }
        if (e->t.type == LCO_DICT_LIST) {
            order_items(d, e);
        }
        e->older = all;
        all = entry;
        d->entries++;
        LCO_SHM_POINT();
    }
    d->newest = sort(d, all, offsetof(lco_entry, older));
    for (entry = d->newest; entry; entry = lco_entry_at(d, entry)->older) {
        lco_entry_at(d, entry)->newer = newer;
        newer = entry;
    }
    d->oldest = newer;
    return dropped;
}

unsigned lco_repair(lco_dict *d)
{
    size_t words = ((size_t) d->grains + 63) / 64;
    unsigned dropped;

    memset(lco_buckets(d), 0, ((size_t) d->bucket_mask + 1) * sizeof(uint32_t));
    memset(lco_used(d), 0, words * sizeof(uint64_t));
    lco_space_use(d, 0, 1);
    d->newest = d->oldest = 0;
    d->entries = d->items = 0;
    d->clock = 0;
    dropped = take_entries(d);
    dropped += take_items(d);
    dropped += order_entries(d);
    lco_space_free_rest(d);
    return dropped;
}

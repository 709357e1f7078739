/* Is a shared dictionary whole?  Everything that is derived is compared with
 * what it is derived from. */
#ifndef LCO_UNIT_SHM_CHECK_H
#define LCO_UNIT_SHM_CHECK_H

#include "shm/space.h"

#include <stdio.h>
#include <stdlib.h>

#define SHM_BAD(cond, ...)                                                     \
    if (cond) {                                                                \
        snprintf(said, sizeof(said), __VA_ARGS__);                             \
        free(owner);                                                           \
        return said;                                                           \
    }

/* The grains of a thing: claimed in OWNER, their runs long enough. */
static const char *shm_check_thing(const lco_dict *d, uint32_t thing,
                                   uint32_t *owner_of)
{
    static char said[200];
    uint32_t *owner = NULL;
    const lco_thing *t = lco_thing_at(d, thing);
    uint64_t have = 0, need = lco_header_size(t->type) + lco_data_size(t);
    uint32_t at, i;

    for (at = thing; at; at = lco_run_at(d, at)->next) {
        uint32_t n = lco_run_at(d, at)->n;

        SHM_BAD(!n || at >= d->grains || n > d->grains - at,
                "thing %u has a run of %u at %u", thing, n, at);
        for (i = at; i < at + n; i++) {
            SHM_BAD(owner_of[i], "grain %u is of %u and %u", i, owner_of[i],
                    thing);
            owner_of[i] = thing;
        }
        have +=
            (uint64_t) n * LCO_GRAIN - (at == thing ? 0 : sizeof(lco_run_head));
    }
    SHM_BAD(have < need, "thing %u has too few grains", thing);
    SHM_BAD(have - need >= 2 * LCO_GRAIN, "thing %u has too many", thing);
    return NULL;
}

/* Why the dictionary is not whole, or NULL.  The caller has the lock, or is
 * alone. */
static const char *shm_check(const lco_dict *d)
{
    static char said[200];
    uint32_t *owner = calloc(d->grains, sizeof(*owner));
    uint32_t i, e, n, items = 0, entries = 0, live_items = 0, live_entries = 0;
    uint32_t prev, free_grains = 0;
    unsigned c;
    const char *bad;

    SHM_BAD(!owner, "no memory");
    /* what is live */
    for (i = 1; i < d->grains; i++) {
        if (lco_bit(lco_live(d), i)) {
            bad = shm_check_thing(d, i, owner);
            SHM_BAD(bad, "%s", bad);
            if (lco_thing_at(d, i)->type & LCO_THING_ITEM) {
                live_items++;
            }
            else {
                live_entries++;
            }
        }
    }
    SHM_BAD(lco_bit(lco_live(d), 0), "number 0 is live");
    SHM_BAD(!lco_bit(lco_used(d), 0), "number 0 is free");
    for (i = 1; i < d->grains; i++) {
        SHM_BAD(lco_bit(lco_used(d), i) != !!owner[i],
                "grain %u: used %d, of %u", i, lco_bit(lco_used(d), i),
                owner[i]);
    }
    /* by use, with the items */
    prev = 0;
    for (e = d->newest; e; e = lco_entry_at(d, e)->older) {
        const lco_entry *en = lco_entry_at(d, e);

        SHM_BAD(entries++ > live_entries, "the order of use has a ring");
        SHM_BAD(!lco_bit(lco_live(d), e), "dead %u in the order of use", e);
        SHM_BAD(en->newer != prev, "entry %u: newer %u, not %u", e, en->newer,
                prev);
        SHM_BAD(prev && lco_thing_at(d, prev)->stamp <= en->t.stamp,
                "stamps of %u and %u", prev, e);
        SHM_BAD(en->t.stamp > d->clock, "stamp of %u", e);
        prev = e;
        n = 0;
        if (en->t.type == LCO_DICT_LIST) {
            uint32_t it = en->ends[0], left = 0;

            for (; it; it = lco_item_at(d, it)->side[1]) {
                const lco_item *item = lco_item_at(d, it);

                SHM_BAD(n++ > live_items, "list %u has a ring", e);
                SHM_BAD(!lco_bit(lco_live(d), it), "dead item %u", it);
                SHM_BAD(item->entry != e || item->list != en->value,
                        "item %u is not of %u", it, e);
                SHM_BAD(item->side[0] != left, "item %u: left %u, not %u", it,
                        item->side[0], left);
                SHM_BAD(left && lco_thing_at(d, left)->stamp >= item->t.stamp,
                        "places of %u and %u", left, it);
                left = it;
            }
            SHM_BAD(en->ends[1] != left, "right end of %u", e);
            SHM_BAD(!n || n != en->t.len, "list %u has %u, not %u", e, n,
                    en->t.len);
            items += n;
        }
    }
    SHM_BAD(d->oldest != prev, "the oldest");
    SHM_BAD(entries != live_entries || entries != d->entries,
            "%u entries, %u live, %u counted", entries, live_entries,
            d->entries);
    SHM_BAD(items != live_items || items != d->items,
            "%u items, %u live, %u counted", items, live_items, d->items);
    /* buckets */
    n = 0;
    for (i = 0; i <= d->bucket_mask; i++) {
        for (e = lco_buckets(d)[i]; e; e = lco_entry_at(d, e)->chain) {
            SHM_BAD(n++ > live_entries, "bucket %u has a ring", i);
            SHM_BAD((lco_entry_at(d, e)->hash & d->bucket_mask) != i,
                    "entry %u is in bucket %u", e, i);
            SHM_BAD(!lco_bit(lco_live(d), e), "dead %u in bucket %u", e, i);
        }
    }
    SHM_BAD(n != live_entries, "%u in buckets, %u live", n, live_entries);
    /* free runs: all of them, none beside another */
    for (c = 0; c < LCO_RUN_CLASSES; c++) {
        SHM_BAD((d->classes >> c & 1) != !!d->free_runs[c], "class %u", c);
        prev = 0;
        for (i = d->free_runs[c]; i; i = lco_free_at(d, i)->next) {
            n = lco_free_at(d, i)->n;
            SHM_BAD(!n || i >= d->grains || n > d->grains - i,
                    "a free run of %u at %u", n, i);
            SHM_BAD(lco_free_at(d, i)->prev != prev, "free run %u: prev", i);
            SHM_BAD(((uint32_t *) lco_at(d, i + n))[-1] != n,
                    "free run %u: its end", i);
            SHM_BAD(!lco_bit(lco_used(d), i - 1) ||
                        (i + n < d->grains && !lco_bit(lco_used(d), i + n)),
                    "free run %u has a free neighbour", i);
            for (e = i; e < i + n; e++) {
                SHM_BAD(lco_bit(lco_used(d), e), "grain %u is used and free",
                        e);
            }
            prev = i;
            free_grains += n;
            SHM_BAD(free_grains > d->grains, "the free runs have a ring");
        }
    }
    n = 0;
    for (i = 0; i < d->grains; i++) {
        n += (uint32_t) !lco_bit(lco_used(d), i);
    }
    SHM_BAD(n != free_grains || n != d->free_grains,
            "%u free, %u in runs, %u counted", n, free_grains, d->free_grains);
    free(owner);
    return NULL;
}

#endif

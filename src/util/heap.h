/* A binary heap of (key, seq), smallest first, equal keys by sequence.
 *
 * The heap stores no element, only the address of the int in which the
 * element keeps its place; that int is -1 while the element is outside.
 *
 * Thread: none of its own, the caller's lock.  Memory: the array is malloc'ed
 * and only grows; elements belong to the caller.
 */
#ifndef LCO_UTIL_HEAP_H
#define LCO_UTIL_HEAP_H

#include <stddef.h>
#include <stdint.h>

typedef struct lco_heap_ent {
    int64_t key;
    uint64_t seq;
    int *place;
} lco_heap_ent;

typedef struct lco_heap {
    lco_heap_ent *ents;
    size_t len, cap;
} lco_heap;

void lco_heap_init(lco_heap *h);
/* Forgets all elements (their places stay as they are) and frees the array. */
void lco_heap_close(lco_heap *h);

/* Adds the element whose place is PLACE (-1), or moves the one that is in.
 * SEQ must be unique.  Returns 0, or -1 when out of memory (then an element
 * that was in is still in, as before). */
int lco_heap_put(lco_heap *h, int64_t key, uint64_t seq, int *place);

/* Takes an element out; nothing happens if it is not in. */
void lco_heap_drop(lco_heap *h, int *place);

/* The smallest, or NULL; valid until the heap changes. */
static inline const lco_heap_ent *lco_heap_top(const lco_heap *h)
{
    return h->len > 0 ? &h->ents[0] : NULL;
}

#endif

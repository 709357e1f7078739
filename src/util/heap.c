/* A binary heap, stable by sequence.  Keys lie in the array itself, so that
 * sifting touches an element only to tell it its new place. */
#include "util/heap.h"

#include <limits.h>
#include <stdlib.h>

static int is_less(const lco_heap_ent *a, const lco_heap_ent *b)
{
    return a->key != b->key ? a->key < b->key : a->seq < b->seq;
}

static void set(lco_heap *h, size_t i, lco_heap_ent e)
{
    h->ents[i] = e;
    *e.place = (int) i;
}

static void sift_up(lco_heap *h, size_t i, lco_heap_ent e)
{
    while (i > 0) {
        size_t up = (i - 1) / 2;

        if (!is_less(&e, &h->ents[up])) {
            break;
        }
        set(h, i, h->ents[up]);
        i = up;
    }
    set(h, i, e);
}

static void sift_down(lco_heap *h, size_t i, lco_heap_ent e)
{
    for (;;) {
        size_t kid = 2 * i + 1;

        if (kid >= h->len) {
            break;
        }
        if (kid + 1 < h->len && is_less(&h->ents[kid + 1], &h->ents[kid])) {
            kid++;
        }
        if (!is_less(&h->ents[kid], &e)) {
            break;
        }
        set(h, i, h->ents[kid]);
        i = kid;
    }
    set(h, i, e);
}

/* Puts E where the hole at I is, in whichever direction it belongs. */
static void fill(lco_heap *h, size_t i, lco_heap_ent e)
{
    if (i > 0 && is_less(&e, &h->ents[(i - 1) / 2])) {
        sift_up(h, i, e);
    }
    else {
        sift_down(h, i, e);
    }
}

static int grow(lco_heap *h)
{
    size_t cap = h->cap > 0 ? h->cap * 2 : 64;
    lco_heap_ent *ents;

    if (cap > INT_MAX) { /* places are ints */
        return -1;
    }
    ents = realloc(h->ents, cap * sizeof(*ents));
    if (ents == NULL) {
        return -1;
    }
    h->ents = ents;
    h->cap = cap;
    return 0;
}

void lco_heap_init(lco_heap *h)
{
    h->ents = NULL;
    h->len = h->cap = 0;
}

void lco_heap_close(lco_heap *h)
{
    free(h->ents);
    lco_heap_init(h);
}

int lco_heap_put(lco_heap *h, int64_t key, uint64_t seq, int *place)
{
    lco_heap_ent e = {key, seq, place};

    if (*place >= 0) {
        fill(h, (size_t) *place, e);
        return 0;
    }
    if (h->len == h->cap && grow(h) != 0) {
        return -1;
    }
    h->len++;
    sift_up(h, h->len - 1, e);
    return 0;
}

void lco_heap_drop(lco_heap *h, int *place)
{
    size_t i;

    if (*place < 0) {
        return;
    }
    i = (size_t) *place;
    *place = -1;
    h->len--;
    if (i < h->len) {
        fill(h, i, h->ents[h->len]);
    }
}

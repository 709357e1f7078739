/* util/heap: order, stability, moving and dropping, against a plain model. */
#include "util/heap.h"

#include <limits.h>
#include <stdlib.h>

#include "tap.h"

enum {
    N = 500
};

typedef struct elem {
    int place;
    int in;
    int64_t key;
    uint64_t seq;
} elem;

static elem elems[N];
static unsigned rnd_state = 1;

/* The same numbers in every run. */
static unsigned rnd(unsigned n)
{
    rnd_state = rnd_state * 1103515245u + 12345u;
    return (rnd_state >> 8) % n;
}

static int top_is(const lco_heap *h, const elem *e)
{
    const lco_heap_ent *top = lco_heap_top(h);

    return e == NULL ? top == NULL : top != NULL && top->place == &e->place;
}

static const elem *model_least(void)
{
    const elem *least = NULL;

    for (int i = 0; i < N; i++) {
        const elem *e = &elems[i];

        if (e->in && (least == NULL || e->key < least->key ||
                      (e->key == least->key && e->seq < least->seq))) {
            least = e;
        }
    }
    return least;
}

static int places_right(const lco_heap *h)
{
    size_t in = 0;

    for (int i = 0; i < N; i++) {
        const elem *e = &elems[i];

        if ((e->place >= 0) != e->in) {
            return 0;
        }
        if (e->in) {
            in++;
            if ((size_t) e->place >= h->len ||
                h->ents[e->place].place != &e->place) {
                return 0;
            }
        }
    }
    return in == h->len;
}

static void test_random(void)
{
    lco_heap h;
    uint64_t seq = 0;
    int tops = 1, places = 1;

    lco_heap_init(&h);
    for (int i = 0; i < N; i++) {
        elems[i].place = -1;
        elems[i].in = 0;
    }
    for (int step = 0; step < 20000; step++) {
        elem *e = &elems[rnd(N)];

        if (rnd(3) == 0) {
            lco_heap_drop(&h, &e->place);
            e->in = 0;
        }
        else {
            e->key = rnd(40); /* many ties */
            e->seq = seq++;
            e->in = 1;
            lco_heap_put(&h, e->key, e->seq, &e->place);
        }
        tops &= top_is(&h, model_least());
        places &= step % 100 != 0 || places_right(&h);
    }
    ok(tops, "the top is the least by key and sequence, through 20,000 "
             "puts, moves and drops");
    ok(places, "each element knows its place");

    {
        const elem *least;
        int sorted = 1;

        while ((least = model_least()) != NULL) {
            elem *e = &elems[least - elems];

            sorted &= top_is(&h, e);
            lco_heap_drop(&h, &e->place);
            e->in = 0;
        }
        ok(sorted, "taken from the top they come in order");
    }
    ok(lco_heap_top(&h) == NULL, "then it is empty");
    lco_heap_close(&h);
}

static void test_ties(void)
{
    lco_heap h;
    int order = 1;

    lco_heap_init(&h);
    for (int i = 0; i < N; i++) {
        elems[i].place = -1;
        lco_heap_put(&h, 7, (uint64_t) i, &elems[i].place);
    }
    for (int i = 0; i < N; i++) {
        order &= top_is(&h, &elems[i]);
        lco_heap_drop(&h, &elems[i].place);
    }
    ok(order, "equal keys come in the order they were put");

    lco_heap_put(&h, INT64_MIN, 1, &elems[0].place);
    lco_heap_put(&h, INT64_MAX, 0, &elems[1].place);
    ok(top_is(&h, &elems[0]), "extreme keys compare");
    lco_heap_drop(&h, &elems[1].place);
    lco_heap_drop(&h, &elems[1].place);
    is_int((long long) h.len, 1, "a second drop does nothing");
    lco_heap_close(&h);
    lco_heap_close(&h);
    ok(lco_heap_top(&h) == NULL, "a closed heap is an empty one");
}

int main(void)
{
    test_random();
    test_ties();
    return done_testing();
}

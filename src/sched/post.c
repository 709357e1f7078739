/* Posted threads: coroutines that can go on and wait for their turn, first in,
 * first out, as ngx_http_lua_post_thread and ..._run_posted_threads have them.
 *
 * The hard thing: the reference keeps a posted thread that is killed meanwhile
 * in its queue and announces it when its turn comes.  Here the record may be
 * gone by then, so what stays of it is its number.
 */
#include "sched/sched.h"

#include <string.h>

void lco_post_init(lco_run *run)
{
    run->posted = run->post_inline;
    run->post_cap = sizeof(run->post_inline) / sizeof(run->post_inline[0]);
    run->post_head = 0;
    run->post_len = 0;
}

/* The VM's memory, so that its limit counts this too; unlike a call of Lua
 * the allocator itself does not raise. */
static void *vm_realloc(lco_run *run, void *p, size_t old, size_t size)
{
    void *ud;
    lua_Alloc alloc = lua_getallocf(run->sched->L, &ud);

    return alloc(ud, p, old, size);
}

static void free_ring(lco_run *run)
{
    if (run->posted != run->post_inline) {
        vm_realloc(run, run->posted, run->post_cap * sizeof(*run->posted), 0);
    }
}

void lco_post_free(lco_run *run)
{
    free_ring(run);
    lco_post_init(run);
}

int lco_post_reserve(lco_run *run)
{
    unsigned cap, tail;
    lco_post *ring;

    if (run->post_len < run->post_cap) {
        return 0;
    }

    cap = run->post_cap * 2;
    ring = vm_realloc(run, NULL, 0, cap * sizeof(*ring));
    if (ring == NULL) {
        return -1;
    }

    tail = run->post_cap - run->post_head;
    memcpy(ring, run->posted + run->post_head, tail * sizeof(*ring));
    memcpy(ring + tail, run->posted, run->post_head * sizeof(*ring));
    free_ring(run);
    run->posted = ring;
    run->post_cap = cap;
    run->post_head = 0;
    return 0;
}

void lco_post_add(lco_run *run, lco_co *co)
{
    lco_post *p;

    assert(run->post_len < run->post_cap);
    lco_trace_post(run, co);

    /* cap is a power of two */
    p = run->posted + ((run->post_head + run->post_len) & (run->post_cap - 1));
    p->co = co;
    p->no = co->no;
    run->post_len++;
    co->posted = 1;
}

lco_co *lco_post_next(lco_run *run)
{
    lco_post p;

    while (run->post_len > 0) {
        p = run->posted[run->post_head];
        run->post_head = (run->post_head + 1) & (run->post_cap - 1);
        run->post_len--;

        lco_trace_run_posted(run, p.no);
        if (p.co != NULL) {
            assert(p.co->status == LCO_CO_RUNNING);
            return p.co;
        }
    }
    return NULL;
}

void lco_post_forget(lco_run *run, lco_co *co)
{
    unsigned i;
    lco_post *p;

    if (!co->posted) {
        return;
    }
    for (i = 0; i < run->post_len; i++) {
        p = run->posted + ((run->post_head + i) & (run->post_cap - 1));
        if (p->co == co) {
            p->co = NULL;
        }
    }
    co->posted = 0;
}

/* The coroutine record, private to sched/.
 *
 * Every Lua thread that the scheduler knows has one lco_co, a userdata that
 * lies at the bottom of that thread's own stack: it lives exactly as long as
 * the thread, whoever holds it.  The thread's slot (lx_slot) points to it.
 * Entry and light threads are anchored in the registry while they are not
 * deleted; a user coroutine is anchored by whoever holds it, and by its
 * resumer's stack while it runs.
 */
#ifndef LCO_SCHED_CO_H
#define LCO_SCHED_CO_H

#include "sched/run.h"

typedef enum lco_status {
    LCO_CO_RUNNING,
    LCO_CO_SUSPENDED,
    LCO_CO_NORMAL,
    LCO_CO_DEAD,
    LCO_CO_ZOMBIE
} lco_status;

typedef enum lco_kind {
    LCO_KIND_ENTRY,
    LCO_KIND_THREAD, /* light thread */
    LCO_KIND_USER    /* user coroutine */
} lco_kind;

/* How deep coroutines may resume each other.  Nothing nests in C, so only
 * memory is the limit: an endless recursion gets an error after some 50 MB
 * instead of taking the machine's. */
#define LCO_CO_DEPTH 20000

struct lco_co {
    lua_State *L;
    lco_sched *sched;
    uint64_t run_id; /* of the run it belongs to */
    lco_kind kind;
    lco_status status;
    unsigned no;    /* trace number, 0: none yet */
    lco_co *parent; /* resumer (while resumed) or spawner; a light thread
                       keeps its spawner alive by the record's user value */
    lco_co *child;  /* the user coroutine it has resumed, while that runs */

    void (*cancel)(lco_co *co, void *data);
    void *cancel_data;
    lco_co *pend_next, *pend_prev;

    lco_co *thr_next, *thr_prev;    /* run->threads; _next: run->spent, cache */
    lco_co *zombies, *zombies_last; /* finished children not waited for */
    lco_co *zomb_next, *zomb_prev;

    unsigned depth;      /* how many have resumed each other down to here */
    unsigned wait_gen;   /* counts this coroutine's ngx.thread.wait calls */
    unsigned waited_gen; /* the parent's wait_gen that waits for us, 0: none */

    int nres; /* zombie: how many results lie on its stack top */

    unsigned anchored : 1; /* not deleted; an entry or light thread only */
    unsigned is_wrap : 1;
    unsigned spawned : 1; /* yielded by spawn: one result is on its stack */
    unsigned raise : 1;   /* its wrapped coroutine failed: raise on resume */
    unsigned failed : 1;  /* ended with an error */
    unsigned waiting : 1; /* in ngx.thread.wait, for children of wait_gen */
    unsigned asleep : 1;  /* in an API yield: counted in run->asleep */
    unsigned held : 1;    /* its wait must not be ended by ngx.thread.kill */
    unsigned posted : 1;  /* may have an entry in run->posted */
};

#endif

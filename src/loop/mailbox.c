/* The mailbox: the one door for threads that have not entered the VM.
 *
 * A stack that any thread pushes to and the loop thread takes as a whole and
 * turns round, so there is no lock and no ABA.  A message's `posted` is
 * cleared before its function runs: from then on it may be posted again, or
 * freed by its function.
 */
#include "loop/loop_priv.h"

void lco_loop_wake(lco_loop *loop)
{
    /* What was done before a wake is seen by the turn that it causes: this
     * exchange releases, the loop's exchange after its poll acquires. */
    int was = atomic_exchange(&loop->state, LCO_LOOP_AGAIN);

    if (was == LCO_LOOP_POLLING) {
        lco_poller_kick(loop);
    }
}

void lco_loop_post(lco_loop *loop, lco_msg *m)
{
    lco_msg *head;

    if (__atomic_exchange_n(&m->posted, 1, __ATOMIC_ACQ_REL) != 0) {
        return;
    }
    head = atomic_load_explicit(&loop->mail, memory_order_relaxed);
    do {
        m->next = head;
    } while (!atomic_compare_exchange_weak_explicit(
        &loop->mail, &head, m, memory_order_release, memory_order_relaxed));
    /* M may be running, or gone, by now. */
    lco_loop_wake(loop);
}

void lco_mailbox_run(lco_loop *loop)
{
    lco_msg *list = NULL;
    lco_msg *m;

    if (atomic_load_explicit(&loop->mail, memory_order_relaxed) == NULL) {
        return;
    }
    m = atomic_exchange_explicit(&loop->mail, NULL, memory_order_acquire);
    while (m != NULL) {
        lco_msg *next = m->next;

        m->next = list;
        list = m;
        m = next;
    }
    while (list != NULL) {
        m = list;
        list = m->next;
        __atomic_store_n(&m->posted, 0, __ATOMIC_RELEASE);
        m->fn(loop, m);
    }
}

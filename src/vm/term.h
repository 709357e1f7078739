/* prefork's signals in the middle of Lua.
 *
 * Threads: prefork's children handle SIGTERM and SIGHUP on their main thread,
 * the one that serves requests; the threads of a VM's loop have all signals
 * blocked.  Nothing here is used on a threaded MPM.
 */
#ifndef LUACO_VM_TERM_H
#define LUACO_VM_TERM_H

#include <signal.h>

/* How long Lua may go on after a signal that ends the child, in milliseconds:
 * well below the second after which httpd's parent loses its patience. */
#define LCO_TERM_PATIENCE 200

/* [main thread of a prefork child, once]  Puts a handler before httpd's own
 * for SIGTERM and SIGHUP.  IS_BUSY says, in a signal handler, whether the
 * thread is somewhere where the process cannot be taken down. */
void lco_term_guard(int (*is_busy)(void));

/* The signal that waits for the end of what is busy on this thread, or 0: never
 * set on others than the main one. */
extern _Thread_local volatile sig_atomic_t lco_term_due;

/* [main thread, no lock held]  Gives the signal that waits to httpd's handler,
 * which ends the process. */
void lco_term_now(void);

#endif

/* prefork's signals in the middle of Lua.
 *
 * prefork's handler of SIGTERM destroys the child's pools and calls exit(), on
 * whatever it has interrupted.  In the middle of Lua that is malloc() more
 * often than not: its lock is taken, exit() wants it again, and the child hangs
 * until httpd kills it.  So the signal waits until Lua is left.  Lua that goes
 * on for longer is ended without a word to anybody; httpd would do the same to
 * it, only later.
 */
#include "vm/term.h"

#include <string.h>
#include <sys/time.h>
#include <unistd.h>

_Thread_local volatile sig_atomic_t lco_term_due;

static const int signals[] = {SIGTERM, SIGHUP};
#define NSIGNALS (sizeof(signals) / sizeof(signals[0]))

static struct sigaction httpds[NSIGNALS];
static int (*busy)(void);

static void out_of_patience(int sig)
{
    (void) sig;
    _exit(0);
}

/* Everything called here is a system call. */
static void on_signal(int sig)
{
    struct itimerval patience = {{0, 0}, {0, LCO_TERM_PATIENCE * 1000L}};
    struct sigaction act;

    if (!busy()) {
        lco_term_due = sig;
        lco_term_now();
        return;
    }
    if (lco_term_due) {
        return;
    }
    lco_term_due = sig;
    memset(&act, 0, sizeof(act));
    act.sa_handler = out_of_patience;
    sigaction(SIGALRM, &act, NULL);
    setitimer(ITIMER_REAL, &patience, NULL);
}

void lco_term_now(void)
{
    static const struct itimerval never;
    size_t i;
    int sig = lco_term_due;

    lco_term_due = 0;
    setitimer(ITIMER_REAL, &never, NULL);
    for (i = 0; i < NSIGNALS; i++) {
        if (signals[i] == sig) {
            httpds[i].sa_handler(sig);
        }
    }
}

void lco_term_guard(int (*is_busy)(void))
{
    struct sigaction act;
    size_t i;

    busy = is_busy;
    /* Here, since a thread's variables come to life by malloc(). */
    lco_term_due = 0;
    for (i = 0; i < NSIGNALS; i++) {
        if (sigaction(signals[i], NULL, &act) != 0 ||
            act.sa_handler == SIG_DFL || act.sa_handler == SIG_IGN ||
            (act.sa_flags & SA_SIGINFO)) {
            continue; /* not as prefork leaves it */
        }
        httpds[i] = act;
        act.sa_handler = on_signal;
        sigaction(signals[i], &act, NULL);
    }
}

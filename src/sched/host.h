/* The scheduler's host: what the scheduler asks of the world around it.
 *
 * A request, a timer and the unit tests are hosts.  None of these functions
 * may raise a Lua error, touch the Lua state, or call back into the
 * scheduler.  They are called with the VM entered.
 */
#ifndef LCO_SCHED_HOST_H
#define LCO_SCHED_HOST_H

typedef struct lco_sched lco_sched;
typedef struct lco_run lco_run;
typedef struct lco_co lco_co;

typedef struct lco_host {
    /* Writes one message to the error log; LEVEL is LCO_LOG_*. */
    void (*log)(lco_run *run, int level, const char *msg);

    /* One scheduler event, called only while run->tracing is set.  LINE is
     * the event without the leading "luaco: ", as the contract spells it. */
    void (*trace)(lco_run *run, const char *line);

    /* Have the response headers been sent?  An entry thread that fails then
     * gives LCO_ERROR instead of 500. */
    int (*headers_sent)(lco_run *run);

    /* Is the function about to run allowed to create, resume, yield, wait...
     * in the current phase?  NULL if so, else the phase's name for the
     * message "API disabled in the context of NAME". */
    const char *(*not_yieldable)(lco_run *run);
} lco_host;

/* httpd's numbers, so that the glue needs no table. */
enum {
    LCO_LOG_ALERT = 1,
    LCO_LOG_CRIT = 2,
    LCO_LOG_ERR = 3,
    LCO_LOG_WARN = 4,
    LCO_LOG_INFO = 6
};

#endif

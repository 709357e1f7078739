/* ngx.exec: internal redirects that need not hold a thread.
 *
 * Thread: the request's owner, a worker, with no VM entered.
 */
#ifndef LCO_REQ_EXEC_H
#define LCO_REQ_EXEC_H

#include "req/req.h"

/* What ngx.exec was called with; of r->pool. */
typedef struct lco_exec {
    const char *path; /* decoded; NULL: a named location */
    const char *name; /* "/@name", NULL: a path */
    const char *args; /* query string of PATH, or NULL */
} lco_exec;

/* The Lua of req ended by ngx.exec: runs the target, and gives the answer of
 * the hook in which it ended: OK or DONE when the target is finished,
 * SUSPENDED when it is parked, a status where there is none. */
int lco_exec_run(lco_req *req);

/* The end of r, whose response is finalized: of the request that the client
 * made, where internal redirects led from that to r.  Logs it; all its memory
 * goes.  Also the loop, where lco_finish_can() allowed it. */
void lco_exec_end(request_rec *r);

/* Is there a <Location "/@name">?  Any thread. */
int lco_exec_is_there(const request_rec *r, const char *name);

/* quick_handler hook, before all others. */
int lco_exec_quick(request_rec *r, int lookup);

#endif

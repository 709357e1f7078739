/* Requests that hold their thread.
 *
 * Thread: the request's owner, no VM entered; never the loop.
 */
#ifndef LCO_REQ_HOLD_H
#define LCO_REQ_HOLD_H

#include "req/req.h"

/* Sleeps until the request has something to do: a wait that is over, a client
 * that has left, the child's end.  The VM's lock is the condition's mutex, so
 * no wake can be missed.  0, and a line in the log, on a loop's thread. */
int lco_hold(lco_req *req);

#endif

/* Finishing a request on the loop thread, without any worker.
 *
 * Thread: the loop, owner of the parked connection.
 */
#ifndef LCO_REQ_FINISH_H
#define LCO_REQ_FINISH_H

#include "req/conn.h"

/* [VM left]  May the request, whose Lua has ended, be finished here?
 * (rules 9, 11, 13, 15) */
int lco_finish_can(const lco_req *req);

/* [VM left]  Finishes it: response, log, end of request.  REQ is gone
 * afterwards.  Returns 1 if the connection is idle and may wait for its next
 * request as it is, 0 if a worker must look at it (output pending, input
 * buffered, to be closed, the child stops). */
int lco_finish_here(lco_req *req);

/* child_init: where the loops count their requests in the scoreboard. */
void lco_finish_child_init(apr_pool_t *child_pool);

/* log_transaction, last: counts a request that a loop ends. */
int lco_finish_log(request_rec *r);

#endif

/* ngx.flush(true): coroutines that wait until the client has taken the output.
 *
 * Thread: the request's owner, inside the VM.
 */
#ifndef LCO_REQ_FLUSH_H
#define LCO_REQ_FLUSH_H

#include "req/outbox.h"
#include "req/req.h"

/* The output came to D: unless the client is slow, all who wait are told. */
void lco_flush_serve(lco_req *req, lco_drained d);

/* The client took something: the time of those who wait begins anew. */
void lco_flush_renew(lco_req *req);

/* The flush that the current coroutine asked for came to D.  Returns what the
 * run goes on with, as lco_run_continue(). */
int lco_flush_current(lco_req *req, lco_drained d);

#endif

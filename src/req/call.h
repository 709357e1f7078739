/* Lua that runs inside httpd's output filters.
 *
 * Thread: the owner of the request, whatever thread passes the brigade, with
 * no VM entered.
 */
#ifndef LCO_REQ_CALL_H
#define LCO_REQ_CALL_H

#include "req/req.h"

/* Runs CODE as LuaCoHeaderFilter of r by a plain protected call.  The phase
 * that had been running goes on afterwards.  Returns the record of r; NULL: it
 * failed, which has been logged. */
lco_req *lco_call_header(request_rec *r, const lco_code *code);

/* Runs CODE as LuaCoBodyFilter of r for each of N pieces, up to one that is
 * made the last or fails (an error, ngx.ERROR or a status of 300 and more
 * returned).  The VM is entered once for all of them.  Returns how many did
 * not fail; *ENDED: no more of them are to be seen, for either reason. */
int lco_call_body(request_rec *r, const lco_code *code, lco_piece *pieces,
                  int n, int *ended);

/* The response ends here without a proper end, and the connection with it.
 * What the client has been sent so far goes out.  Returns what the filter
 * returns. */
apr_status_t lco_call_cut(request_rec *r);

#endif

/* Lua that runs inside httpd's output filters.
 *
 * Thread: the owner of the request, whatever thread passes the brigade, with
 * no VM entered.
 */
#ifndef LCO_REQ_CALL_H
#define LCO_REQ_CALL_H

#include "req/req.h"

/* Runs CODE as a filter phase of r by a plain protected call and takes the
 * first value that it returns into *RET (0 if that is no whole number).  PIECE
 * is ngx.arg in LuaCoBodyFilter, else NULL.  The phase that had been running
 * goes on afterwards.  Returns the record of r; NULL: it failed, which has been
 * logged. */
lco_req *lco_call_filter(request_rec *r, lco_phase phase, const lco_code *code,
                         lco_piece *piece, lua_Integer *ret);

/* The response ends here without a proper end, and the connection with it.
 * What the client has been sent so far goes out.  Returns what the filter
 * returns. */
apr_status_t lco_call_cut(request_rec *r);

#endif

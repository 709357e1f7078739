/* The rest of httpd's request phases after one of ours. */
#ifndef LCO_REQ_REST_H
#define LCO_REQ_REST_H

#include <httpd.h>

#include "httpd/conf.h"

/* A worker, owner of r, whose PHASE was parked and let the request go on: runs
 * what ap_process_request_internal() runs after the hooks of that phase, in
 * its order and with its answers.  Returns OK, SUSPENDED or a status. */
int lco_rest_of_phases(request_rec *r, lco_phase phase);

/* A worker, owner of r: makes r's sections those of its URI, arguments and
 * headers as they are now, as before the translate_name hooks.  OK or a
 * status. */
int lco_rest_walk(request_rec *r);

/* A worker, owner of r, after LuaCoRewrite ended by a jump (lco_req.jump):
 * looks for the new URI's place as if it had just come, up to and with the
 * post_perdir_config hooks.  The caller goes on with header_parser.  Returns
 * OK, SUSPENDED or a status, 500 after ten jumps. */
int lco_rest_jump(request_rec *r);

/* A worker, owner of r, after LuaCoRewrite ended without a jump: if it changed
 * the URI, looks for the file or backend of the new one.  The request stays in
 * its location.  OK or a status. */
int lco_rest_remap(request_rec *r);

/* A worker, owner of r, which is to be served by the <Location> that
 * lco_req.named names, under its own URI: all phases up to and with fixups, but
 * LuaCoServerRewrite.  The file and what server-wide rules make of the request
 * are the URI's, the sections those of the name.  OK, SUSPENDED or a status. */
int lco_rest_named(request_rec *r);

/* A worker, owner of r, after LuaCoAccess let the request go on: if it changed
 * the URI, looks for the file or backend of the new one and asks the
 * access_checker hooks about that, LuaCoAccess too where it is another one
 * there.  Not for subrequests.  OK, SUSPENDED or a status. */
int lco_rest_recheck(request_rec *r);

#endif

/* The rest of httpd's request phases after a parked access check. */
#ifndef LCO_REQ_REST_H
#define LCO_REQ_REST_H

#include <httpd.h>

/* A worker, owner of r: runs what ap_process_request_internal() runs after
 * the access_checker hooks (Satisfy all), in its order and with its answers:
 * access_checker_ex, force_authn, check_user_id, auth_checker, type_checker,
 * fixups.  Returns OK, SUSPENDED or a status. */
int lco_rest_of_phases(request_rec *r);

#endif

/* LuaCoSet: variables whose values Lua makes. */
#ifndef LCO_REQ_SET_H
#define LCO_REQ_SET_H

#include <httpd.h>
#include <apr_tables.h>

#include "httpd/conf.h"

/* A worker, owner of r, VM not entered: runs each lco_set of SETS in order and
 * gives its variable the value it returns.  Does not yield.  OK, or 500 after
 * an error, which is logged. */
int lco_set_run(request_rec *r, const apr_array_header_t *sets);

#endif

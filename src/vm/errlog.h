/* The error log's last lines, kept for require "ngx.errlog": one ring for each
 * process, LuaCoCaptureErrorLog.
 *
 * Any thread, with or without a VM entered: the ring's lock is a leaf.
 */
#ifndef LCO_VM_ERRLOG_H
#define LCO_VM_ERRLOG_H

#include <httpd.h>

#include "util/logring.h"

/* Parent, post_config: makes the ring of SIZE bytes, of CONF_POOL.  0: none.
 * Returns 0 when out of memory. */
int lco_errlog_create(apr_pool_t *conf_pool, apr_size_t size);
/* child_init: from now on this process' lines are kept. */
void lco_errlog_child_init(void);

int lco_errlog_is_on(void);

/* A line of the log; LEVEL is httpd's. */
void lco_errlog_put(int level, const char *msg);

/* Takes the oldest line out: its level by lua-nginx-module's numbers, the time,
 * the text into BUF (LCO_LOGRING_MESSAGE bytes).  0: there is none. */
int lco_errlog_take(int *level, apr_time_t *when, char *buf, apr_size_t *len);
unsigned lco_errlog_count(void);

/* Lines less important than LEVEL (lua-nginx-module's number) are not kept. */
void lco_errlog_filter(int level);

/* httpd's level by lua-nginx-module's number: 1 (emerg) to 8 (debug). */
int lco_errlog_level(int level);

#endif

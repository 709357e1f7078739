/* Making a parking descriptor readable, and empty again.
 *
 * Thread: any, conn->lock held.
 */
#ifndef LCO_READY_H
#define LCO_READY_H

#include "req/conn.h"

/* Makes the parking descriptor readable; 0 if there is no descriptor for
 * it. */
int lco_ready_put(lco_conn *conn);
/* A worker: empties the parking descriptor, of the client's socket too. */
void lco_ready_clear(lco_conn *conn);

/* child_init; 0 if a descriptor is missing. */
int lco_ready_child_init(void);

#endif

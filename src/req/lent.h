/* Buckets over Lua strings: output that is not copied.
 *
 * A string that is referenced stays where it is, and nobody writes to it; the
 * reference is dropped with the last bucket, on whatever thread that is.
 */
#ifndef LCO_REQ_LENT_H
#define LCO_REQ_LENT_H

#include <apr_buckets.h>

#include "lx/lx.h"
#include "vm/vm.h"

/* From so many bytes on it is cheaper than a copy. */
#define LCO_LENT_MIN 8192

/* [in VM]  A bucket over the string at IDX, of which L's VM keeps a reference.
 * Raises out of memory.  [-0, +0] */
LX_RAISES apr_bucket *lco_lent_create(lua_State *L, int idx,
                                      apr_bucket_alloc_t *list);

#endif

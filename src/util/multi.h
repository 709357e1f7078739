/* Header fields with several values, where a table has them as one string.
 *
 * Pure functions, any thread; what is made lives in the pool that is given.
 */
#ifndef LCO_UTIL_MULTI_H
#define LCO_UTIL_MULTI_H

#include <stddef.h>

#include <apr_pools.h>

/* The single values of a field; a list, the newest first. */
typedef struct lco_multi {
    const struct lco_multi *next;
    const char *name;
    const char *joined; /* the string that they are in the table */
    int n;
    const char *const *values;
} lco_multi;

/* LIST with one more before it.  Nothing is copied. */
const lco_multi *lco_multi_add(apr_pool_t *pool, const lco_multi *list,
                               const char *name, const char *joined, int n,
                               const char *const *values);

/* LIST with the fields before it that come several times in the LEN bytes at
 * HEAD, a request's head as it was sent; joined as httpd joins them. */
const lco_multi *lco_multi_read(apr_pool_t *pool, const lco_multi *list,
                                const char *head, size_t len);

/* The newest one about JOINED, which is NAME's, or NULL. */
const lco_multi *lco_multi_find(const lco_multi *list, const char *name,
                                const char *joined);

/* The N values as one string, with "; " between those of Cookie, ", " between
 * all others. */
const char *lco_multi_join(apr_pool_t *pool, const char *name, int n,
                           const char *const *values);

#endif

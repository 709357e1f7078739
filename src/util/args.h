/* Query strings: "a=1&b&c=%20" taken apart.
 *
 * Pure functions on bytes (NUL is a byte like others), any thread.
 */
#ifndef LCO_UTIL_ARGS_H
#define LCO_UTIL_ARGS_H

#include <stddef.h>

/* A query string that is being read. */
typedef struct lco_args {
    char *at, *end;
} lco_args;

typedef struct lco_arg {
    const char *key;
    size_t key_len; /* may be 0: "=x", "&&" */
    const char *value;
    size_t value_len;
    unsigned has_value : 1; /* there was a "=" */
    unsigned closed : 1;    /* a "&" followed */
} lco_arg;

/* Begins with the LEN bytes at S, which are decoded where they stand. */
void lco_args_begin(lco_args *args, char *s, size_t len);

/* The next pair, with %XX and + undone, or 0 at the end.  Nothing after the
 * last "&" is no pair.  ARG points into the string. */
int lco_args_next(lco_args *args, lco_arg *arg);

/* How many pairs the LEN bytes at S count as: one more than there are "&", 0
 * for none. */
size_t lco_args_count(const char *s, size_t len);

#endif

/* Strings as literals of SQL and JSON.
 *
 * Pure functions on bytes, any thread.  Ask for the length, then give room for
 * it; input and output do not overlap.
 */
#ifndef LCO_UTIL_QUOTE_H
#define LCO_UTIL_QUOTE_H

#include <stddef.h>

typedef enum lco_quote {
    LCO_QUOTE_SQL,   /* '...' with MySQL's backslashes */
    LCO_QUOTE_SQL2,  /* the same, and a backslash before $ */
    LCO_QUOTE_PGSQL, /* E'...' with backslashes, for PostgreSQL; bytes above
                        0x7F are written in octal if they are no UTF-8 */
    LCO_QUOTE_JSON   /* "..."; bytes above 0x7F stay as they are */
} lco_quote;

/* The literal of the LEN bytes at S, with its quotes. */
size_t lco_quote_len(const char *s, size_t len, lco_quote kind);
/* Returns that length. */
size_t lco_quote_str(char *dst, const char *s, size_t len, lco_quote kind);

/* Are the LEN bytes at S well-formed UTF-8? */
int lco_is_utf8(const char *s, size_t len);

#endif

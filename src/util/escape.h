/* Escaping of URIs and HTML.
 *
 * Pure functions on bytes (NUL is a byte like others), any thread.  Nothing
 * is allocated: ask for the length first, then give room for it.
 */
#ifndef LCO_UTIL_ESCAPE_H
#define LCO_UTIL_ESCAPE_H

#include <stddef.h>

/* What is escaped; the numbers are those of ngx.escape_uri(). */
typedef enum lco_escape {
    LCO_ESCAPE_URI,       /* a path: space, #, %, ?, controls, above 0x7E */
    LCO_ESCAPE_ARGS,      /* a query string: + as well */
    LCO_ESCAPE_COMPONENT, /* all but letters, digits and -._~!'()* */
    LCO_ESCAPE_HTML,      /* a URI inside HTML: space, ", #, %, ' ... */
    LCO_ESCAPE_REFRESH,   /* the same, with # and % kept */
    LCO_ESCAPE_MEMCACHED, /* a key: space, % and controls */
    LCO_ESCAPE_MAIL_AUTH, /* the same */
    LCO_ESCAPES
} lco_escape;

/* How long the LEN bytes at S are once escaped; LEN if nothing has to be. */
size_t lco_escape_uri_len(const char *s, size_t len, lco_escape kind);

/* Writes them escaped ("%3F", capital digits) to DST, which has room for
 * lco_escape_uri_len() bytes and does not overlap S.  Returns the length. */
size_t lco_escape_uri(char *dst, const char *s, size_t len, lco_escape kind);

/* Undoes %XX, and + for a blank where PLUS.  A % without two hex digits stays
 * as it is.  DST may be S; LEN bytes are enough.  Returns the length. */
size_t lco_unescape_uri(char *dst, const char *s, size_t len, int plus);

/* & < > " ' as entities, for text and for values of attributes. */
size_t lco_escape_html_len(const char *s, size_t len);
size_t lco_escape_html(char *dst, const char *s, size_t len);

/* The value of a hex digit, or -1. */
int lco_hex_value(char c);

#endif

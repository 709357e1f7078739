/* Searching a stream for a pattern: what receiveuntil() is made of.
 *
 * The searcher looks at bytes one after the other and never goes back: it
 * remembers how many bytes of the pattern's beginning it has just seen.  What
 * cannot be part of a match any more is "sure".
 *
 * Memory: the pattern is copied; lco_until_close() frees it.
 */
#ifndef LCO_IO_UNTIL_H
#define LCO_IO_UNTIL_H

#include <stddef.h>
#include <stdint.h>

typedef struct lco_until {
    unsigned char *pat;
    size_t len;
    uint32_t *fail; /* longest proper border of the first i bytes */
    size_t state;   /* bytes of the pattern seen at the end of what was read */
    int inclusive;  /* the pattern is part of what is returned */
    int ended;      /* found while reading in pieces: say so once */
} lco_until;

typedef enum lco_found {
    LCO_UNTIL_MORE,  /* all looked at, no match yet */
    LCO_UNTIL_PIECE, /* at least `rest` bytes are sure */
    LCO_UNTIL_FOUND
} lco_found;

/* Returns 0, or -1 when out of memory or LEN is over 2^32 or 0. */
int lco_until_open(lco_until *u, const char *pat, size_t len, int inclusive);
void lco_until_close(lco_until *u);

/* Looks at DATA from *SCAN up to LEN; DATA begins with what is not yet handed
 * out, so its first bytes may be the beginning of the pattern from the last
 * call.  *REST, where not 0, counts down the bytes that are sure: at 0 the
 * search stops with a PIECE.  On return *SCAN says how far it looked, and
 * *SCAN - u->state bytes are sure; after FOUND the match ends at *SCAN and
 * u->state is 0. */
lco_found lco_until_feed(lco_until *u, const unsigned char *data, size_t len,
                         size_t *scan, size_t *rest);

#endif

/* rx_tpl: the replacement templates of ngx.re.sub: "$1", "${1}", "$0", "$$".
 *
 * A template is read piece by piece, in place and without memory of its own:
 * once to see that it is one, then again for each match.
 *
 * Any thread.  No Lua, no httpd.
 */
#ifndef LCO_RX_TPL_H
#define LCO_RX_TPL_H

#include <stddef.h>

typedef enum lco_rx_tpl {
    LCO_RX_TPL_END,
    LCO_RX_TPL_TEXT,  /* s, len */
    LCO_RX_TPL_GROUP, /* group: what this one matched */
    /* Not a template: */
    LCO_RX_TPL_UNCLOSED, /* "${1": s, len are the name so far */
    LCO_RX_TPL_NAMED,    /* "$name", "${name}": s, len are the name */
    LCO_RX_TPL_INVALID   /* "$" before anything else, or at the end */
} lco_rx_tpl;

typedef struct lco_rx_piece {
    const char *s;
    size_t len;
    size_t group; /* numbers too large for size_t are the largest one */
} lco_rx_piece;

/* Reads the piece at *P, which moves behind it, of a template that ends at
 * END.  After anything but TEXT and GROUP there is nothing more to read. */
lco_rx_tpl lco_rx_tpl_next(const char **p, const char *end,
                           lco_rx_piece *piece);

/* Reads LEN bytes at S to the end: LCO_RX_TPL_END if they are a template, else
 * what is wrong, and with what.  *PLAIN: there is no "$" in it. */
lco_rx_tpl lco_rx_tpl_check(const char *s, size_t len, lco_rx_piece *piece,
                            int *plain);

#endif

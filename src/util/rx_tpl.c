/* rx_tpl: the replacement templates of ngx.re.sub; see rx_tpl.h.
 *
 * As the reference reads them: a name that begins with a digit ends before the
 * first byte that is none, any other before the first that is no letter, digit
 * or underscore; in braces the next byte must then be the closing one.
 */
#include "util/rx_tpl.h"

#include <stdint.h>
#include <string.h>

static int is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static int is_word(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           c == '_';
}

/* n * 10 + digit, SIZE_MAX for what is larger. */
static size_t append_digit(size_t n, char digit)
{
    size_t d = (size_t) (digit - '0');

    return n > (SIZE_MAX - d) / 10 ? SIZE_MAX : n * 10 + d;
}

/* What follows a "$". */
static lco_rx_tpl read_variable(const char **p, const char *end,
                                lco_rx_piece *piece)
{
    const char *s = *p;
    int braces, number;

    if (s == end) {
        return LCO_RX_TPL_INVALID;
    }
    if (*s == '$') {
        piece->s = s;
        piece->len = 1;
        *p = s + 1;
        return LCO_RX_TPL_TEXT;
    }
    braces = *s == '{';
    if (braces && ++s == end) {
        return LCO_RX_TPL_INVALID;
    }
    number = is_digit(*s);
    piece->s = s;
    piece->group = 0;
    for (; s < end && (number ? is_digit(*s) : is_word(*s)); s++) {
        if (number) {
            piece->group = append_digit(piece->group, *s);
        }
    }
    piece->len = (size_t) (s - piece->s);
    if (braces) {
        if (s == end || *s != '}') {
            return LCO_RX_TPL_UNCLOSED;
        }
        s++;
    }
    *p = s;
    if (piece->len == 0) {
        return LCO_RX_TPL_INVALID;
    }
    return number ? LCO_RX_TPL_GROUP : LCO_RX_TPL_NAMED;
}

lco_rx_tpl lco_rx_tpl_next(const char **p, const char *end, lco_rx_piece *piece)
{
    const char *s = *p, *dollar;

    if (s == end) {
        return LCO_RX_TPL_END;
    }
    if (*s == '$') {
        *p = s + 1;
        return read_variable(p, end, piece);
    }
    dollar = memchr(s, '$', (size_t) (end - s));
    *p = dollar ? dollar : end;
    piece->s = s;
    piece->len = (size_t) (*p - s);
    return LCO_RX_TPL_TEXT;
}

lco_rx_tpl lco_rx_tpl_check(const char *s, size_t len, lco_rx_piece *piece,
                            int *plain)
{
    const char *end = s + len;
    lco_rx_tpl what;

    *plain = !memchr(s, '$', len);
    if (*plain) {
        return LCO_RX_TPL_END;
    }
    do {
        what = lco_rx_tpl_next(&s, end, piece);
    } while (what == LCO_RX_TPL_TEXT || what == LCO_RX_TPL_GROUP);
    return what;
}

/* Escaping of URIs and HTML; see escape.h.  Any thread. */
#include "util/escape.h"

#include <stdint.h>
#include <string.h>

/* ---- which bytes ---- */

enum {
    U = 1 << LCO_ESCAPE_URI,
    A = 1 << LCO_ESCAPE_ARGS,
    C = 1 << LCO_ESCAPE_COMPONENT,
    H = 1 << LCO_ESCAPE_HTML,
    R = 1 << LCO_ESCAPE_REFRESH,
    M = 1 << LCO_ESCAPE_MEMCACHED | 1 << LCO_ESCAPE_MAIL_AUTH
};

/* For each byte the kinds that escape it. */
static const uint8_t escaped[256] = {
    [0x00 ... 0x20] = U | A | C | H | R | M,
    ['"'] = C | H | R,
    ['#'] = U | A | C | H,
    ['$'] = C,
    ['%'] = U | A | C | H | M,
    ['&'] = C,
    ['\''] = H | R,
    ['+'] = A | C,
    [','] = C,
    ['/'] = C,
    [':' ... '>'] = C,
    ['?'] = U | A | C,
    ['@'] = C,
    ['[' ... '^'] = C,
    ['`'] = C,
    ['{' ... '}'] = C,
    [0x7f ... 0xff] = U | A | C | H | R,
};

static const char digits[] = "0123456789ABCDEF";

size_t lco_escape_uri_len(const char *s, size_t len, lco_escape kind)
{
    const unsigned mask = 1u << kind;
    size_t i, n = 0;

    for (i = 0; i < len; i++) {
        n += (escaped[(uint8_t) s[i]] & mask) != 0;
    }
    return len + 2 * n;
}

size_t lco_escape_uri(char *dst, const char *s, size_t len, lco_escape kind)
{
    const unsigned mask = 1u << kind;
    const char *end = s + len;
    char *d = dst;

    for (; s < end; s++) {
        uint8_t c = (uint8_t) *s;

        if (!(escaped[c] & mask)) {
            *d++ = (char) c;
            continue;
        }
        d[0] = '%';
        d[1] = digits[c >> 4];
        d[2] = digits[c & 15];
        d += 3;
    }
    return (size_t) (d - dst);
}

/* ---- back ---- */

int lco_hex_value(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

size_t lco_unescape_uri(char *dst, const char *s, size_t len, int plus)
{
    const char *end = s + len;
    char *d = dst;
    int high, low;

    while (s < end) {
        char c = *s++;

        if (c == '%' && end - s >= 2 && (high = lco_hex_value(s[0])) >= 0 &&
            (low = lco_hex_value(s[1])) >= 0) {
            c = (char) (high << 4 | low);
            s += 2;
        }
        else if (c == '+' && plus) {
            c = ' ';
        }
        *d++ = c;
    }
    return (size_t) (d - dst);
}

/* ---- HTML ---- */

static const char *entity(char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

size_t lco_escape_html_len(const char *s, size_t len)
{
    size_t i, n = len;

    for (i = 0; i < len; i++) {
        const char *e = entity(s[i]);

        n += e ? strlen(e) - 1 : 0;
    }
    return n;
}

size_t lco_escape_html(char *dst, const char *s, size_t len)
{
    char *d = dst;
    size_t i, n;

    for (i = 0; i < len; i++) {
        const char *e = entity(s[i]);

        if (e) {
            n = strlen(e);
            memcpy(d, e, n);
            d += n;
        }
        else {
            *d++ = s[i];
        }
    }
    return (size_t) (d - dst);
}

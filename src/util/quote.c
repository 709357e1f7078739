/* Literals of SQL and JSON; see quote.h.  Any thread. */
#include "util/quote.h"

#include <stdint.h>
#include <string.h>

int lco_is_utf8(const char *s, size_t len)
{
    const uint8_t *p = (const uint8_t *) s, *end = p + len;

    while (p < end) {
        uint8_t c = *p++;
        uint8_t low = 0x80, high = 0xbf; /* of the second byte */
        int more;

        if (c < 0x80) {
            continue;
        }
        if (c < 0xc2 || c > 0xf4) {
            return 0;
        }
        more = c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
        if (c == 0xe0) {
            low = 0xa0; /* no longer form than needed */
        }
        else if (c == 0xed) {
            high = 0x9f; /* no surrogates */
        }
        else if (c == 0xf0) {
            low = 0x90;
        }
        else if (c == 0xf4) {
            high = 0x8f; /* up to U+10FFFF */
        }
        for (; more; more--, p++) {
            if (p == end || *p < low || *p > high) {
                return 0;
            }
            low = 0x80;
            high = 0xbf;
        }
    }
    return 1;
}

/* The letter after the backslash for C, 0: C stands for itself. */
static char sql_letter(char c, lco_quote kind)
{
    switch (c) {
    case '\0':
        return '0';
    case '\b':
        return 'b';
    case '\n':
        return 'n';
    case '\r':
        return 'r';
    case '\t':
        return 't';
    case 26:
        return 'Z';
    case '\\':
    case '\'':
    case '"':
        return c;
    case '$':
        return kind == LCO_QUOTE_SQL ? 0 : c;
    default:
        return 0;
    }
}

static char json_letter(char c)
{
    switch (c) {
    case '\b':
        return 'b';
    case '\f':
        return 'f';
    case '\n':
        return 'n';
    case '\r':
        return 'r';
    case '\t':
        return 't';
    case '\\':
    case '"':
        return c;
    default:
        return 0;
    }
}

/* The literal's piece for one byte into OUT (6 bytes).  Returns its length. */
static size_t quote_byte(char *out, char c, lco_quote kind, int octal)
{
    static const char hex[] = "0123456789abcdef";
    uint8_t u = (uint8_t) c;
    char letter = kind == LCO_QUOTE_JSON ? json_letter(c) : sql_letter(c, kind);

    if (letter) {
        out[0] = '\\';
        out[1] = letter;
        return 2;
    }
    if (kind == LCO_QUOTE_JSON && u < 0x20) {
        memcpy(out, "\\u00", 4);
        out[4] = hex[u >> 4];
        out[5] = hex[u & 15];
        return 6;
    }
    if (octal && u >= 0x80) {
        out[0] = out[1] = '\\';
        out[2] = (char) ('0' + (u >> 6));
        out[3] = (char) ('0' + (u >> 3 & 7));
        out[4] = (char) ('0' + (u & 7));
        return 5;
    }
    out[0] = c;
    return 1;
}

size_t lco_quote_len(const char *s, size_t len, lco_quote kind)
{
    int octal = kind == LCO_QUOTE_PGSQL && !lco_is_utf8(s, len);
    size_t n = 2, i;
    char piece[6];

    for (i = 0; i < len; i++) {
        n += quote_byte(piece, s[i], kind, octal);
    }
    return n + (kind == LCO_QUOTE_PGSQL && len);
}

size_t lco_quote_str(char *dst, const char *s, size_t len, lco_quote kind)
{
    int octal = kind == LCO_QUOTE_PGSQL && !lco_is_utf8(s, len);
    char mark = kind == LCO_QUOTE_JSON ? '"' : '\'';
    char *d = dst, piece[6];
    size_t i, n;

    if (kind == LCO_QUOTE_PGSQL && len) {
        *d++ = 'E';
    }
    *d++ = mark;
    for (i = 0; i < len; i++) {
        n = quote_byte(piece, s[i], kind, octal);
        if (n == 1) {
            *d++ = s[i];
            continue;
        }
        memcpy(d, piece, n);
        d += n;
    }
    *d++ = mark;
    return (size_t) (d - dst);
}

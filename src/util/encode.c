/* Base64, base32 and hex; see encode.h.  Any thread. */
#include "util/encode.h"

#include "util/escape.h"

#include <stdint.h>
#include <string.h>

enum {
    NONE = 0xff /* no digit */
};

/* ---- base64 ---- */

static const char plain_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char url_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

size_t lco_base64_encoded_len(size_t len, lco_base64 kind)
{
    if (kind == LCO_BASE64 || kind == LCO_BASE64_MIME) {
        return (len + 2) / 3 * 4;
    }
    return len / 3 * 4 + (len % 3 ? len % 3 + 1 : 0);
}

size_t lco_base64_encode(char *dst, const char *s, size_t len, lco_base64 kind)
{
    const char *digits = kind == LCO_BASE64_URL ? url_digits : plain_digits;
    const uint8_t *p = (const uint8_t *) s;
    size_t total = lco_base64_encoded_len(len, kind);
    char *d = dst, *end = dst + total;

    for (; len > 2; len -= 3, p += 3) {
        uint32_t bits = (uint32_t) p[0] << 16 | (uint32_t) p[1] << 8 | p[2];

        *d++ = digits[bits >> 18];
        *d++ = digits[bits >> 12 & 63];
        *d++ = digits[bits >> 6 & 63];
        *d++ = digits[bits & 63];
    }
    if (len) {
        uint32_t bits =
            (uint32_t) p[0] << 16 | (len > 1 ? (uint32_t) p[1] << 8 : 0);

        *d++ = digits[bits >> 18];
        *d++ = digits[bits >> 12 & 63];
        if (len > 1) {
            *d++ = digits[bits >> 6 & 63];
        }
    }
    while (d < end) {
        *d++ = '=';
    }
    return total;
}

static uint8_t base64_value(char c, lco_base64 kind)
{
    if (c >= 'A' && c <= 'Z') {
        return (uint8_t) (c - 'A');
    }
    if (c >= 'a' && c <= 'z') {
        return (uint8_t) (c - 'a' + 26);
    }
    if (c >= '0' && c <= '9') {
        return (uint8_t) (c - '0' + 52);
    }
    if (c == (kind == LCO_BASE64_URL ? '-' : '+')) {
        return 62;
    }
    if (c == (kind == LCO_BASE64_URL ? '_' : '/')) {
        return 63;
    }
    return NONE;
}

size_t lco_base64_decode(char *dst, const char *s, size_t len, lco_base64 kind)
{
    const char *end = s + len;
    char *d = dst;
    uint32_t bits = 0;
    unsigned n = 0; /* digits in BITS */

    for (; s < end && *s != '='; s++) {
        uint8_t value = base64_value(*s, kind);

        if (value == NONE) {
            if (kind == LCO_BASE64_MIME) {
                continue;
            }
            return LCO_DECODE_FAILED;
        }
        bits = bits << 6 | value;
        if (++n == 4) {
            *d++ = (char) (bits >> 16);
            *d++ = (char) (bits >> 8);
            *d++ = (char) bits;
            n = 0;
        }
    }
    switch (n) {
    case 1:
        return LCO_DECODE_FAILED;
    case 2:
        *d++ = (char) (bits >> 4);
        break;
    case 3:
        *d++ = (char) (bits >> 10);
        *d++ = (char) (bits >> 2);
        break;
    }
    return (size_t) (d - dst);
}

/* ---- base32 ---- */

size_t lco_base32_encoded_len(size_t len, int flags)
{
    if (flags & LCO_BASE32_PAD) {
        return (len + 4) / 5 * 8;
    }
    return len / 5 * 8 + (len % 5 * 8 + 4) / 5;
}

size_t lco_base32_encode(char *dst, const char *s, size_t len, int flags)
{
    static const char digits[] = "0123456789abcdefghijklmnopqrstuv";
    size_t total = lco_base32_encoded_len(len, flags), i;
    char *d = dst;
    uint32_t bits = 0;
    unsigned n = 0; /* how many bits of BITS are not written yet */

    for (i = 0; i < len; i++) {
        bits = bits << 8 | (uint8_t) s[i];
        for (n += 8; n >= 5; n -= 5) {
            *d++ = digits[bits >> (n - 5) & 31];
        }
    }
    if (n) {
        *d++ = digits[bits << (5 - n) & 31];
    }
    while (d < dst + total) {
        *d++ = '=';
    }
    return total;
}

static uint8_t base32_value(char c)
{
    if (c >= '0' && c <= '9') {
        return (uint8_t) (c - '0');
    }
    c |= 0x20;
    return c >= 'a' && c <= 'v' ? (uint8_t) (c - 'a' + 10) : NONE;
}

size_t lco_base32_decode(char *dst, const char *s, size_t len)
{
    const char *end = s + len;
    char *d = dst;
    uint32_t bits = 0;
    unsigned n = 0;
    size_t count = 0;

    for (; s < end && *s != '='; s++, count++) {
        uint8_t value = base32_value(*s);

        if (value == NONE) {
            return LCO_DECODE_FAILED;
        }
        bits = bits << 5 | value;
        n += 5;
        if (n >= 8) {
            n -= 8;
            *d++ = (char) (bits >> n);
        }
    }
    /* what a whole number of bytes never leaves */
    switch (count % 8) {
    case 1:
    case 3:
    case 6:
        return LCO_DECODE_FAILED;
    }
    return (size_t) (d - dst);
}

/* ---- hex ---- */

size_t lco_hex_encode(char *dst, const char *s, size_t len)
{
/* The two digits of each byte, so that one copy writes both. */
#define ROW(h)                                                                 \
    h "0" h "1" h "2" h "3" h "4" h "5" h "6" h "7" h "8" h "9" h "a" h "b" h  \
      "c" h "d" h "e" h "f"
    static const char pairs[] = ROW("0") ROW("1") ROW("2") ROW("3") ROW("4")
        ROW("5") ROW("6") ROW("7") ROW("8") ROW("9") ROW("a") ROW("b") ROW("c")
            ROW("d") ROW("e") ROW("f");
#undef ROW
    size_t i;

    for (i = 0; i < len; i++) {
        memcpy(dst + 2 * i, pairs + 2 * (size_t) (uint8_t) s[i], 2);
    }
    return 2 * len;
}

size_t lco_hex_decode(char *dst, const char *s, size_t len)
{
    size_t i;

    if (len % 2) {
        return LCO_DECODE_FAILED;
    }
    for (i = 0; i < len; i += 2) {
        int high = lco_hex_value(s[i]), low = lco_hex_value(s[i + 1]);

        if (high < 0 || low < 0) {
            return LCO_DECODE_FAILED;
        }
        dst[i / 2] = (char) (high << 4 | low);
    }
    return len / 2;
}

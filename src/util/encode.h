/* Bytes as text and back: base64, base32, hex.
 *
 * Pure functions, any thread.  The caller gives the room; input and output do
 * not overlap.
 */
#ifndef LCO_UTIL_ENCODE_H
#define LCO_UTIL_ENCODE_H

#include <stddef.h>

/* What the decoders return for text that is none. */
#define LCO_DECODE_FAILED ((size_t) -1)

typedef enum lco_base64 {
    LCO_BASE64,        /* + and /, padded */
    LCO_BASE64_NO_PAD, /* + and / */
    LCO_BASE64_URL,    /* - and _, not padded */
    LCO_BASE64_MIME    /* for decoding: other characters are passed over */
} lco_base64;

/* How long LEN bytes become. */
size_t lco_base64_encoded_len(size_t len, lco_base64 kind);
/* Returns that length. */
size_t lco_base64_encode(char *dst, const char *s, size_t len, lco_base64 kind);

/* Room that is enough for decoding LEN characters. */
static inline size_t lco_base64_decoded_max(size_t len)
{
    return len / 4 * 3 + 3;
}

/* Decodes up to the end or the first "=", padded or not; bits that are left
 * over are not looked at.  Returns the length, or LCO_DECODE_FAILED where a
 * character is none of the alphabet or a single one is left over. */
size_t lco_base64_decode(char *dst, const char *s, size_t len, lco_base64 kind);

/* Base32 with the digits 0-9a-v (RFC 4648's "extended hex", small letters),
 * as set-misc-nginx-module has it: LCO_BASE32_PAD pads with "=". */
enum {
    LCO_BASE32_PAD = 1
};
size_t lco_base32_encoded_len(size_t len, int flags);
size_t lco_base32_encode(char *dst, const char *s, size_t len, int flags);
static inline size_t lco_base32_decoded_max(size_t len)
{
    return len / 8 * 5 + 5;
}
/* Letters of any case.  As lco_base64_decode(). */
size_t lco_base32_decode(char *dst, const char *s, size_t len);

/* Two small hex digits for each byte. */
size_t lco_hex_encode(char *dst, const char *s, size_t len);
/* LEN / 2 bytes, or LCO_DECODE_FAILED. */
size_t lco_hex_decode(char *dst, const char *s, size_t len);

#endif

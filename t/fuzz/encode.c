/* util/encode and util/quote: what was encoded comes back, decoding stays
 * within the room that it was promised. */
#include "util/encode.h"
#include "util/quote.h"

#include "fuzz.h"

static void check_same(const char *a, size_t a_len, const char *b, size_t b_len)
{
    FUZZ_ASSERT(a_len == b_len);
    FUZZ_ASSERT(!a_len || memcmp(a, b, a_len) == 0);
}

static void base64(const char *s, size_t len, lco_base64 kind)
{
    size_t max = lco_base64_decoded_max(len), n, m;
    char *out = fuzz_room(max), *text, *back;

    n = lco_base64_decode(out, s, len, kind);
    FUZZ_ASSERT(n == LCO_DECODE_FAILED || n <= max);
    free(out);

    n = lco_base64_encoded_len(len, kind);
    text = fuzz_room(n);
    FUZZ_ASSERT(lco_base64_encode(text, s, len, kind) == n);
    back = fuzz_room(lco_base64_decoded_max(n));
    m = lco_base64_decode(back, text, n, kind);
    check_same(back, m, s, len);
    free(back);
    free(text);
}

static void base32(const char *s, size_t len, int flags)
{
    size_t max = lco_base32_decoded_max(len), n, m;
    char *out = fuzz_room(max), *text, *back;

    n = lco_base32_decode(out, s, len);
    FUZZ_ASSERT(n == LCO_DECODE_FAILED || n <= max);
    free(out);

    n = lco_base32_encoded_len(len, flags);
    text = fuzz_room(n);
    FUZZ_ASSERT(lco_base32_encode(text, s, len, flags) == n);
    back = fuzz_room(lco_base32_decoded_max(n));
    m = lco_base32_decode(back, text, n);
    check_same(back, m, s, len);
    free(back);
    free(text);
}

static void hex(const char *s, size_t len)
{
    char *out = fuzz_room(len / 2), *text = fuzz_room(2 * len), *back;
    size_t n = lco_hex_decode(out, s, len);

    FUZZ_ASSERT(n == LCO_DECODE_FAILED || n == len / 2);
    n = lco_hex_encode(text, s, len);
    back = fuzz_room(len);
    n = lco_hex_decode(back, text, n);
    check_same(back, n, s, len);
    free(back);
    free(text);
    free(out);
}

/* Nothing ends a literal but its end. */
static void quote(const char *s, size_t len, lco_quote kind)
{
    size_t n = lco_quote_len(s, len, kind), i;
    char *out = fuzz_room(n);
    char mark = kind == LCO_QUOTE_JSON ? '"' : '\'';

    FUZZ_ASSERT(lco_quote_str(out, s, len, kind) == n);
    for (i = out[0] == mark ? 1 : 2; i < n - 1; i++) {
        FUZZ_ASSERT(out[i] != mark);
        if (out[i] == '\\') {
            i++;
        }
    }
    FUZZ_ASSERT(i == n - 1 && out[i] == mark);
    free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *s = fuzz_copy(data, size);

    base64(s, size, LCO_BASE64);
    base64(s, size, LCO_BASE64_NO_PAD);
    base64(s, size, LCO_BASE64_URL);
    base64(s, size, LCO_BASE64_MIME);
    base32(s, size, 0);
    base32(s, size, LCO_BASE32_PAD);
    hex(s, size);
    quote(s, size, LCO_QUOTE_SQL);
    quote(s, size, LCO_QUOTE_SQL2);
    quote(s, size, LCO_QUOTE_PGSQL);
    quote(s, size, LCO_QUOTE_JSON);
    free(s);
    return 0;
}

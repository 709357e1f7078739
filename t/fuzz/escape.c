/* util/escape: lengths agree, what was escaped comes back.
 * The first byte of an input says which kind. */
#include "util/escape.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    lco_escape kind;
    const char *s;
    char *out, *back;
    size_t len, n;

    if (!size) {
        return 0;
    }
    kind = (lco_escape) (data[0] % LCO_ESCAPES);
    s = fuzz_copy(data + 1, size - 1);
    len = size - 1;

    n = lco_escape_uri_len(s, len, kind);
    out = fuzz_room(n);
    FUZZ_ASSERT(lco_escape_uri(out, s, len, kind) == n);
    if (kind != LCO_ESCAPE_REFRESH) { /* which keeps the % */
        back = fuzz_room(n);
        FUZZ_ASSERT(lco_unescape_uri(back, out, n, 0) == len);
        FUZZ_ASSERT(!len || memcmp(back, s, len) == 0);
        free(back);
    }
    free(out);

    out = fuzz_room(len);
    n = lco_unescape_uri(out, s, len, data[0] & 1);
    FUZZ_ASSERT(n <= len);
    back = fuzz_copy((const uint8_t *) s, len);
    FUZZ_ASSERT(lco_unescape_uri(back, back, len, data[0] & 1) == n);
    FUZZ_ASSERT(!n || memcmp(back, out, n) == 0);
    free(back);
    free(out);

    n = lco_escape_html_len(s, len);
    out = fuzz_room(n);
    FUZZ_ASSERT(lco_escape_html(out, s, len) == n);
    free(out);
    free((char *) s);
    return 0;
}

/* util/rx_tpl: reading a template ends, stays within it and is the same each
 * time; what was read, written out again, reads as the same. */
#include "util/rx_tpl.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *s = fuzz_copy(data, size), *again, *out;
    const char *p = s, *end = s + size;
    lco_rx_piece piece = {NULL, 0, 0}, bad;
    lco_rx_tpl what, check;
    int plain;
    size_t n = 0;

    check = lco_rx_tpl_check(s, size, &bad, &plain);
    FUZZ_ASSERT(plain == (size == 0 || !memchr(s, '$', size)));
    /* "$$" for a dollar and "${N}" for a group, at most 24 bytes a byte. */
    again = fuzz_room(size * 24 + 1);
    out = again;
    for (;;) {
        const char *before = p;

        what = lco_rx_tpl_next(&p, end, &piece);
        if (what != LCO_RX_TPL_TEXT && what != LCO_RX_TPL_GROUP) {
            break;
        }
        FUZZ_ASSERT(p > before && p <= end);
        if (what == LCO_RX_TPL_GROUP) {
            out += snprintf(out, 24, "${%zu}", piece.group);
        }
        else {
            FUZZ_ASSERT(piece.len > 0 && piece.s >= s &&
                        piece.s + piece.len <= end);
            for (size_t i = 0; i < piece.len; i++) {
                if (piece.s[i] == '$') {
                    *out++ = '$';
                }
                *out++ = piece.s[i];
            }
        }
        n++;
    }
    FUZZ_ASSERT(plain || what == check);
    if (what == LCO_RX_TPL_UNCLOSED || what == LCO_RX_TPL_NAMED) {
        FUZZ_ASSERT(bad.s == piece.s && bad.len == piece.len);
        FUZZ_ASSERT(bad.s >= s && bad.s + bad.len <= end);
    }
    if (what == LCO_RX_TPL_END) {
        check = lco_rx_tpl_check(again, (size_t) (out - again), &bad, &plain);
        FUZZ_ASSERT(check == LCO_RX_TPL_END);
    }
    free(again);
    free(s);
    return 0;
}

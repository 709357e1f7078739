/* util/rx: any pattern on any subject, with a small match limit: offsets are
 * within the subject and go forward, machine code finds what the interpreter
 * finds, and nothing is left behind.
 *
 * An input is two bytes of options, one that says how long the pattern is, the
 * pattern, the subject. */
#include "util/rx.h"

#include "fuzz.h"

static lco_rx_env *env;

/* All matches in S; the offsets of the first three go to SEEN.  Returns what
 * ended it. */
static int walk(const lco_rx *rx, const char *s, size_t len, size_t seen[6])
{
    size_t pos = 0, copied = 0;
    const size_t *ov;
    int rc = 0, n;

    for (n = 0; pos <= len && n < 200; n++) {
        size_t next;

        rc = lco_rx_match(env, rx, s, len, pos, pos > 0, &ov);
        if (rc < 0) {
            break;
        }
        FUZZ_ASSERT(rc >= 1 && (size_t) rc <= (size_t) rx->ncaptures + 1);
        FUZZ_ASSERT(ov[0] <= ov[1] && ov[1] <= len);
        for (int i = 1; i < rc; i++) {
            FUZZ_ASSERT(ov[2 * i] == LCO_RX_UNSET ||
                        (ov[2 * i] <= len && ov[2 * i + 1] <= len));
        }
        if (n < 3) {
            seen[2 * n] = ov[0];
            seen[2 * n + 1] = ov[1];
        }
        next = lco_rx_next(rx, s, len, ov[0], ov[1]);
        FUZZ_ASSERT(next > pos || (next == pos && ov[0] < ov[1]) ||
                    ov[1] < pos);
        if (next <= pos) {
            break; /* \K before the search's begin */
        }
        pos = next;
        copied = ov[1];
    }
    FUZZ_ASSERT(copied <= len);
    return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned opts;
    size_t plen, slen;
    size_t seen[2][6] = {{0}};
    int rc[2], has_verbs;
    char *pattern, *subject, err[LCO_RX_ERRSIZE];
    lco_rx rx;

    if (!env) {
        env = lco_rx_env_create(2000);
        FUZZ_ASSERT(env);
    }
    if (size < 3) {
        return 0;
    }
    opts = (unsigned) (data[0] | data[1] << 8) & ((1U << 12) - 1);
    if (opts & LCO_RX_UTF_ANY) {
        opts |= LCO_RX_UTF;
    }
    opts &= ~(unsigned) LCO_RX_JIT;
    plen = data[2] < size - 3 ? data[2] : size - 3;
    slen = size - 3 - plen;
    has_verbs = memmem(data + 3, plen, "(*", 2) != NULL;
    pattern = fuzz_copy(data + 3, plen);
    subject = fuzz_copy(data + 3 + plen, slen);

    for (int jit = 0; jit < 2; jit++) {
        rc[jit] = 1;
        if (lco_rx_compile(env, pattern, plen,
                           opts | (jit ? (unsigned) LCO_RX_JIT : 0), &rx,
                           err)) {
            FUZZ_ASSERT(strlen(err) < LCO_RX_ERRSIZE && !rx.code);
            break;
        }
        rc[jit] = walk(&rx, subject, slen, seen[jit]);
        lco_rx_free(&rx);
    }
    /* Limits count differently, and so does what is no UTF-8.  Where a match
     * has to begin, PCRE2's JIT goes on behind (*SKIP) and its interpreter does
     * not. */
    if (rc[0] == LCO_RX_NOMATCH && rc[1] == LCO_RX_NOMATCH &&
        !(opts & LCO_RX_UTF_ANY) && !(opts & LCO_RX_ANCHORED && has_verbs)) {
        FUZZ_ASSERT(memcmp(seen[0], seen[1], sizeof(seen[0])) == 0);
    }
    free(pattern);
    free(subject);
    return 0;
}

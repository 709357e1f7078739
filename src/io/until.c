/* The search of receiveuntil(): Knuth, Morris and Pratt, with pieces.
 *
 * The hard thing is where a piece ends when the script asked for at most N
 * bytes at a time: as in the reference, bytes that looked like the pattern and
 * turned out not to be are added together, so a piece may be longer than asked
 * for by less than the pattern's length.
 */
#include "io/until.h"

#include <stdlib.h>
#include <string.h>

int lco_until_open(lco_until *u, const char *pat, size_t len, int inclusive)
{
    uint32_t k = 0;
    size_t i;

    memset(u, 0, sizeof(*u));
    if (len == 0 || len > UINT32_MAX) {
        return -1;
    }
    u->pat = malloc(len);
    u->fail = malloc(len * sizeof(*u->fail));
    if (!u->pat || !u->fail) {
        lco_until_close(u);
        return -1;
    }
    memcpy(u->pat, pat, len);
    u->len = len;
    u->inclusive = inclusive;

    /* fail[i]: of the first i bytes, for i below len. */
    u->fail[0] = 0;
    for (i = 1; i < len; i++) {
        u->fail[i] = k;
        while (k > 0 && u->pat[k] != u->pat[i]) {
            k = u->fail[k];
        }
        if (u->pat[k] == u->pat[i]) {
            k++;
        }
    }
    return 0;
}

void lco_until_close(lco_until *u)
{
    free(u->pat);
    free(u->fail);
    memset(u, 0, sizeof(*u));
}

/* The state after byte C in STATE, where C is not what the pattern goes on
 * with; 0 if no two bytes of it match, C then being looked at once more. */
static size_t fall_back(const lco_until *u, size_t state, unsigned char c)
{
    size_t k = u->fail[state];

    while (k > 0 && u->pat[k] != c) {
        k = u->fail[k];
    }
    return k > 0 ? k + 1 : 0;
}

/* N more bytes are sure.  Is the piece complete? */
static int count(size_t *rest, size_t n)
{
    if (*rest == 0) {
        return 0;
    }
    if (*rest <= n) {
        *rest = 0;
        return 1;
    }
    *rest -= n;
    return 0;
}

lco_found lco_until_feed(lco_until *u, const unsigned char *data, size_t len,
                         size_t *scan, size_t *rest)
{
    const int pieces = *rest != 0;
    size_t state = u->state, i = *scan, next;
    lco_found found = LCO_UNTIL_MORE;

    while (i < len && found == LCO_UNTIL_MORE) {
        unsigned char c = data[i];

        if (c == u->pat[state]) {
            i++;
            if (++state == u->len) {
                state = 0;
                found = LCO_UNTIL_FOUND;
            }
        }
        else if (state == 0) {
            const unsigned char *hit;

            i++;
            if (pieces) {
                found = count(rest, 1) ? LCO_UNTIL_PIECE : LCO_UNTIL_MORE;
                continue;
            }
            hit = memchr(data + i, u->pat[0], len - i);
            i = hit ? (size_t) (hit - data) : len;
        }
        else {
            next = fall_back(u, state, c);
            if (next) {
                i++;
                found = count(rest, state + 1 - next) ? LCO_UNTIL_PIECE
                                                      : LCO_UNTIL_MORE;
            }
            else {
                found = count(rest, state) ? LCO_UNTIL_PIECE : LCO_UNTIL_MORE;
            }
            state = next;
        }
    }
    u->state = state;
    *scan = i;
    return found;
}

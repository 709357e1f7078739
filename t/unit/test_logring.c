/* util/logring against a plain list. */
#include "util/logring.h"

#include "tap.h"

enum {
    SIZE = 1000,
    HEAD = 16,
    KEPT = 2000
};

static unsigned rnd_state = 1;

static unsigned rnd(unsigned n)
{
    rnd_state = rnd_state * 1103515245u + 12345u;
    return (rnd_state >> 8) % n;
}

/* What message number N says, and how long it is. */
static size_t make(char *buf, unsigned n, unsigned len)
{
    memset(buf, (int) ('a' + n % 26), len);
    return len;
}

static void test_random(void)
{
    static unsigned lens[KEPT];
    char buf[LCO_LOGRING_MESSAGE], want[LCO_LOGRING_MESSAGE];
    unsigned first = 0, last = 0, used = 0;
    lco_logring ring;
    int good = 1, level;
    int64_t usec;
    size_t len;

    is_int(lco_logring_init(&ring, SIZE), 0, "made");
    while (last < KEPT) {
        if (rnd(3)) {
            unsigned n = rnd(10) ? rnd(60) : rnd(SIZE - HEAD + 1);

            lco_logring_put(&ring, (int) (last % 9), last, want,
                            make(want, last, n));
            lens[last++] = n;
            used += n + HEAD;
            while (used > SIZE) {
                used -= lens[first++] + HEAD;
            }
        }
        else if (first < last) {
            good &= lco_logring_take(&ring, &level, &usec, buf, &len);
            make(want, first, lens[first]);
            good &= len == lens[first] && memcmp(buf, want, len) == 0 &&
                    level == (int) (first % 9) && usec == (int64_t) first;
            used -= lens[first++] + HEAD;
        }
        else {
            good &= !lco_logring_take(&ring, &level, &usec, buf, &len);
        }
        good &= ring.count == last - first && ring.used == used;
    }
    ok(good, "as the list");
    lco_logring_close(&ring);
}

static void test_ends(void)
{
    static char big[2 * LCO_LOGRING_MESSAGE], buf[LCO_LOGRING_MESSAGE];
    lco_logring ring;
    int level;
    int64_t usec;
    size_t len;

    is_int(lco_logring_init(&ring, LCO_LOGRING_MIN - 1), -1, "too small");
    is_int(lco_logring_init(&ring, LCO_LOGRING_MIN), 0, "small");
    lco_logring_put(&ring, 1, -5, big, sizeof(big));
    lco_logring_take(&ring, &level, &usec, buf, &len);
    is_int((long long) len, LCO_LOGRING_MIN - HEAD, "cut to the ring");
    is_int(usec, -5, "time");
    lco_logring_put(&ring, 1, 0, "", 0);
    is_int(lco_logring_take(&ring, &level, &usec, buf, &len), 1, "empty text");
    is_int((long long) len, 0, "has no length");
    lco_logring_close(&ring);

    lco_logring_init(&ring, 4 * LCO_LOGRING_MESSAGE);
    lco_logring_put(&ring, 1, 0, big, sizeof(big));
    lco_logring_take(&ring, &level, &usec, buf, &len);
    is_int((long long) len, LCO_LOGRING_MESSAGE, "cut to a message");
    lco_logring_close(&ring);
    lco_logring_close(&ring);
}

int main(void)
{
    test_random();
    test_ends();
    return done_testing();
}

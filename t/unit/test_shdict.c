/* Shared dictionaries in one process. */
#include "shm/dict.h"

#include "shm_check.h"
#include "tap.h"

#include <errno.h>
#include <sys/wait.h>
#include <unistd.h>

static unsigned rnd_state = 1;

static unsigned rnd(unsigned n)
{
    rnd_state = rnd_state * 1103515245u + 12345u;
    return (rnd_state >> 8) % n;
}

static lco_dict_buf buf;
static int64_t now = 1000000;

static lco_dict_value str(const char *s)
{
    lco_dict_value v = {
        .type = LCO_DICT_STRING, .data = s, .len = s ? strlen(s) : 0};

    return v;
}

static lco_dict_value num(int64_t i)
{
    lco_dict_value v = {.type = LCO_DICT_INTEGER, .u.int_value = i};

    return v;
}

static lco_dict_value dbl(double n)
{
    lco_dict_value v = {.type = LCO_DICT_NUMBER, .u.num_value = n};

    return v;
}

static lco_dict_rc set(lco_dict *d, int ops, const char *key, lco_dict_value v,
                       int64_t ttl, int *forced)
{
    int f = 0;
    lco_dict_rc rc = lco_dict_set(d, ops, key, strlen(key), &v, now, ttl,
                                  forced ? forced : &f);

    return rc;
}

/* What GET finds, as text. */
static const char *show(lco_dict *d, const char *key, int stale)
{
    static char text[300];
    lco_dict_value v = {0};

    switch (lco_dict_get(d, key, strlen(key), now, stale, &v, &buf)) {
    case LCO_DICT_OK:
        break;
    case LCO_DICT_NOT_FOUND:
        return "-";
    case LCO_DICT_IS_LIST:
        return "list";
    default:
        return "?";
    }
    switch (v.type) {
    case LCO_DICT_BOOLEAN:
        snprintf(text, sizeof(text), "b%d", (int) v.u.int_value);
        break;
    case LCO_DICT_INTEGER:
        snprintf(text, sizeof(text), "i%lld", (long long) v.u.int_value);
        break;
    case LCO_DICT_NUMBER:
        snprintf(text, sizeof(text), "n%.17g", v.u.num_value);
        break;
    case LCO_DICT_STRING:
        snprintf(text, sizeof(text), "s%.*s", (int) v.len, v.data);
        break;
    default:
        return "type?";
    }
    if (v.flags) {
        snprintf(text + strlen(text), 20, " f%d", v.flags);
    }
    if (v.stale) {
        strcat(text, " stale");
    }
    return text;
}

static const char *keys(lco_dict *d, unsigned max)
{
    static char text[2000];
    size_t count, at = 0, len = 0;

    lco_dict_keys(d, max, now, &buf, &count);
    text[0] = '\0';
    for (; count; count--) {
        size_t n = (unsigned char) buf.data[at] |
                   (size_t) (unsigned char) buf.data[at + 1] << 8;

        len += (size_t) snprintf(text + len, sizeof(text) - len, "%s%.*s",
                                 len ? " " : "", (int) n, buf.data + at + 2);
        at += 2 + n;
    }
    return text;
}

static void test_values(void)
{
    lco_dict *d = lco_dict_create(65536);
    lco_dict_value v;
    int64_t ttl = 7;

    tap_is(show(d, "a", 0), "-", "nothing there");
    set(d, 0, "a", str("hello"), 0, NULL);
    tap_is(show(d, "a", 0), "shello", "string");
    set(d, 0, "a", str(""), 0, NULL);
    tap_is(show(d, "a", 0), "s", "empty string");
    set(d, 0, "n", num(INT64_MAX), 0, NULL);
    tap_is(show(d, "n", 0), "i9223372036854775807", "integer");
    set(d, 0, "n", dbl(0.1), 0, NULL);
    tap_is(show(d, "n", 0), "n0.10000000000000001", "number");
    v = num(1);
    v.type = LCO_DICT_BOOLEAN;
    v.flags = -5;
    set(d, 0, "b", v, 0, NULL);
    tap_is(show(d, "b", 0), "b1 f-5", "boolean with flags");
    v.u.int_value = 0;
    v.flags = 0;
    set(d, 0, "b", v, 0, NULL);
    tap_is(show(d, "b", 0), "b0", "false");
    tap_is(keys(d, 0), "a n b", "keys, oldest first");
    show(d, "a", 0);
    tap_is(keys(d, 2), "n b", "get moves, keys stop");
    is_int(set(d, LCO_DICT_ADD, "a", num(1), 0, NULL), LCO_DICT_EXISTS, "add");
    is_int(set(d, LCO_DICT_REPLACE, "x", num(1), 0, NULL), LCO_DICT_NOT_FOUND,
           "replace");
    is_int(set(d, 0, "a", (lco_dict_value){0}, 0, NULL), LCO_DICT_OK, "delete");
    tap_is(show(d, "a", 0), "-", "deleted");
    is_int(set(d, 0, "a", (lco_dict_value){0}, 0, NULL), LCO_DICT_OK,
           "delete what is not there");

    /* lifetimes */
    set(d, 0, "t", str("x"), 10, NULL);
    now += 9;
    tap_is(show(d, "t", 0), "sx", "before its end");
    is_int(lco_dict_ttl(d, "t", 1, now, &ttl), LCO_DICT_OK, "ttl");
    is_int(ttl, 1, "one millisecond");
    now += 1;
    tap_is(show(d, "t", 0), "-", "at its end");
    tap_is(show(d, "t", 1), "sx stale", "stale");
    is_int(set(d, LCO_DICT_REPLACE, "t", num(1), 0, NULL), LCO_DICT_NOT_FOUND,
           "replace of what has expired");
    is_int(lco_dict_expire(d, "t", 1, now, 5), LCO_DICT_OK, "expire");
    tap_is(show(d, "t", 0), "sx", "it lives again");
    lco_dict_expire(d, "t", 1, now, 0);
    lco_dict_ttl(d, "t", 1, now, &ttl);
    is_int(ttl, 0, "without end");
    is_int(lco_dict_ttl(d, "zz", 2, now, &ttl), LCO_DICT_NOT_FOUND, "no ttl");
    is_int(lco_dict_expire(d, "zz", 2, now, 1), LCO_DICT_NOT_FOUND,
           "no expire");
    tap_is(shm_check(d), NULL, "whole");

    lco_dict_flush_all(d, now);
    tap_is(keys(d, 0), "", "all have expired");
    is_int(d->entries, 0, "three went at once");
    for (ttl = 0; ttl < 6; ttl++) {
        char key[2] = {(char) ('a' + ttl), '\0'};

        set(d, 0, key, num(ttl), ttl < 4 ? 1 : 0, NULL);
    }
    now += 1;
    is_int(lco_dict_flush_expired(d, 3, now), 3, "at most three");
    is_int(lco_dict_flush_expired(d, 0, now), 1, "and the last one");
    tap_is(keys(d, 0), "e f", "the others stay");
    tap_is(shm_check(d), NULL, "whole");
    lco_dict_destroy(d, lco_dict_capacity(d));
}

static void test_incr(void)
{
    lco_dict *d = lco_dict_create(65536);
    lco_dict_value v = num(5), init = num(10);
    int forced;
    int64_t ttl;

    is_int(lco_dict_incr(d, "n", 1, &v, NULL, now, 0, &forced),
           LCO_DICT_NOT_FOUND, "incr of nothing");
    is_int(lco_dict_incr(d, "n", 1, &v, &init, now, 30, &forced), LCO_DICT_OK,
           "with init");
    is_int(v.u.int_value, 15, "the sum");
    lco_dict_ttl(d, "n", 1, now, &ttl);
    is_int(ttl, 30, "its lifetime");
    v = num(1);
    lco_dict_incr(d, "n", 1, &v, &init, now, 99, &forced);
    is_int(v.u.int_value, 16, "init is not used again");
    v = dbl(0.5);
    lco_dict_incr(d, "n", 1, &v, NULL, now, 0, &forced);
    tap_is(show(d, "n", 0), "n16.5", "becomes a float");
    lco_dict_ttl(d, "n", 1, now, &ttl);
    is_int(ttl, 30, "and keeps its lifetime");
    set(d, 0, "m", num(INT64_MAX), 0, NULL);
    v = num(1);
    lco_dict_incr(d, "m", 1, &v, NULL, now, 0, &forced);
    tap_is(show(d, "m", 0), "n9.2233720368547758e+18", "past 2^63");
    set(d, 0, "s", str("1"), 0, NULL);
    is_int(lco_dict_incr(d, "s", 1, &v, NULL, now, 0, &forced),
           LCO_DICT_NOT_NUMBER, "a string");
    tap_is(shm_check(d), NULL, "whole");
    lco_dict_destroy(d, lco_dict_capacity(d));
}

static const char *pop(lco_dict *d, enum lco_dict_end end)
{
    static char text[100];
    lco_dict_value v = {0};
    lco_dict_rc rc = lco_dict_pop(d, "l", 1, end, now, &v, &buf);

    if (rc != LCO_DICT_OK) {
        return rc == LCO_DICT_NOT_FOUND ? "-" : "error";
    }
    if (v.type == LCO_DICT_STRING) {
        snprintf(text, sizeof(text), "s%.*s", (int) v.len, v.data);
    }
    else {
        snprintf(text, sizeof(text), "i%lld", (long long) v.u.int_value);
    }
    return text;
}

static void test_lists(void)
{
    lco_dict *d = lco_dict_create(65536);
    lco_dict_value v;
    uint32_t len;
    int made;

    v = str("b");
    lco_dict_push(d, "l", 1, &v, LCO_DICT_LEFT, now, &len, &made);
    v = str("a");
    lco_dict_push(d, "l", 1, &v, LCO_DICT_LEFT, now, &len, &made);
    v = num(3);
    lco_dict_push(d, "l", 1, &v, LCO_DICT_RIGHT, now, &len, &made);
    is_int(len, 3, "three items");
    tap_is(show(d, "l", 0), "list", "get of a list");
    tap_is(shm_check(d), NULL, "whole");
    is_int(lco_dict_len(d, "l", 1, now, &len), LCO_DICT_OK, "llen");
    is_int(len, 3, "of three");
    tap_is(pop(d, LCO_DICT_RIGHT), "i3", "rpop");
    tap_is(pop(d, LCO_DICT_LEFT), "sa", "lpop");
    tap_is(pop(d, LCO_DICT_LEFT), "sb", "the last one");
    tap_is(pop(d, LCO_DICT_LEFT), "-", "no list any more");
    is_int((long long) d->entries, 0, "none at all");
    set(d, 0, "l", num(1), 0, NULL);
    is_int(lco_dict_push(d, "l", 1, &v, LCO_DICT_LEFT, now, &len, &made),
           LCO_DICT_NOT_LIST, "push to a number");
    is_int(lco_dict_len(d, "l", 1, now, &len), LCO_DICT_NOT_LIST,
           "llen of a number");
    is_int(lco_dict_pop(d, "l", 1, LCO_DICT_LEFT, now, &v, &buf),
           LCO_DICT_NOT_LIST, "pop of a number");
    set(d, 0, "l", num(1), 1, NULL);
    now += 1;
    lco_dict_push(d, "l", 1, &v, LCO_DICT_LEFT, now, &len, &made);
    is_int(len, 1, "in place of what has expired");
    lco_dict_expire(d, "l", 1, now, 1);
    now += 1;
    lco_dict_push(d, "l", 1, &v, LCO_DICT_LEFT, now, &len, &made);
    is_int(len, 1, "an expired list begins again");
    set(d, 0, "l", num(7), 0, NULL);
    is_int(d->items, 0, "its items go with a list");
    tap_is(shm_check(d), NULL, "whole");
    lco_dict_destroy(d, lco_dict_capacity(d));
}

/* A value that tells by itself whether it is right. */
static size_t fill(char *p, unsigned key, size_t len)
{
    size_t i;

    for (i = 0; i < len; i++) {
        p[i] = (char) (key + len + i * 7);
    }
    return len;
}

static void test_full(void)
{
    lco_dict *d = lco_dict_create(LCO_DICT_MIN);
    static char big[LCO_DICT_MIN * 2], want[LCO_DICT_MIN * 2];
    lco_dict_value v = str("");
    int forced = 0, i;
    char key[16];
    uint64_t room = lco_dict_free_space(d);
    uint32_t len;
    int made;

    ok(room > 6000, "%u bytes of the smallest are free", (unsigned) room);
    v.data = big;
    v.len = (size_t) room;
    is_int(set(d, 0, "big", v, 0, &forced), LCO_DICT_NO_MEMORY, "too big");
    is_int(forced, 0, "nothing to remove");
    v.len = (size_t) room - 55;
    fill(big, 1, v.len);
    is_int(set(d, 0, "big", v, 0, &forced), LCO_DICT_OK, "all of it");
    is_int((long long) lco_dict_free_space(d), 0, "nothing is left");
    tap_is(shm_check(d), NULL, "whole");
    is_int(set(d, LCO_DICT_SAFE, "x", num(1), 0, &forced), LCO_DICT_NO_MEMORY,
           "safe_set");
    v.len -= 32;
    is_int(set(d, LCO_DICT_SAFE, "big", v, 0, &forced), LCO_DICT_OK,
           "another value in its own place");
    v.len += 100;
    is_int(set(d, LCO_DICT_SAFE, "big", v, 0, &forced), LCO_DICT_NO_MEMORY,
           "a bigger one has none");
    is_int((long long) lco_dict_free_space(d), (long long) room,
           "and takes the old one's away");

    /* removed one by one, those not used for longest first */
    for (i = 0, forced = 0; !forced; i++) {
        snprintf(key, sizeof(key), "k%d", i);
        is_int(set(d, 0, key, num(i), 0, &forced), LCO_DICT_OK, key);
        show(d, "k0", 0);
    }
    tap_is(show(d, "k1", 0), "-", "the second one had to go");
    tap_is(show(d, "k0", 0), "i0", "the first was used");
    is_int(d->entries, i - 1, "only one");
    tap_is(shm_check(d), NULL, "whole");

    /* every other one free: a value in many pieces */
    for (i = 3; i < 90; i += 2) {
        snprintf(key, sizeof(key), "k%d", i);
        set(d, 0, key, (lco_dict_value){0}, 0, NULL);
    }
    v.len = 1500;
    fill(big, 9, v.len);
    is_int(set(d, LCO_DICT_SAFE, "pieces", v, 0, &forced), LCO_DICT_OK,
           "in pieces");
    tap_is(shm_check(d), NULL, "whole");
    lco_dict_get(d, "pieces", 6, now, 0, &v, &buf);
    fill(want, 9, 1500);
    ok(v.len == 1500 && memcmp(v.data, want, 1500) == 0, "read back");
    /* a key in pieces, found again */
    fill(big, 3, 3000);
    v = num(4);
    is_int(lco_dict_set(d, 0, big, 3000, &v, now, 0, &forced), LCO_DICT_OK,
           "a long key");
    is_int(lco_dict_get(d, big, 3000, now, 0, &v, &buf), LCO_DICT_OK, "found");
    is_int(v.u.int_value, 4, "its value");
    tap_is(shm_check(d), NULL, "whole");
    is_int(lco_repair(d), 0, "a repair has nothing to drop");
    tap_is(shm_check(d), NULL, "whole");
    is_int(lco_dict_get(d, big, 3000, now, 0, &v, &buf), LCO_DICT_OK,
           "still there");

    /* lists force nothing */
    v = str("0123456789012345678901234567890123456789");
    while (lco_dict_push(d, "list", 4, &v, LCO_DICT_LEFT, now, &len, &made) ==
           LCO_DICT_OK) {
    }
    is_int(lco_dict_get(d, "k0", 2, now, 0, &v, &buf), LCO_DICT_OK,
           "others stay");
    tap_is(shm_check(d), NULL, "whole");
    lco_dict_destroy(d, lco_dict_capacity(d));

    errno = 0;
    ok(!lco_dict_create(LCO_DICT_MIN - 1) && errno == EINVAL, "too small");
}

static void test_random(unsigned size, int steps, unsigned max_len)
{
    lco_dict *d = lco_dict_create(size);
    static char data[20000], want[20000];
    const char *bad = NULL;
    int good = 1, i, forced, made, found = 0;

    for (i = 0; i < steps && good && !bad; i++) {
        unsigned k = rnd(200);
        char key[300];
        size_t key_len = 1 + k % 40 + (k % 50 == 0 ? 200 : 0);
        lco_dict_value v = {0};
        int64_t ttl = rnd(3) ? 0 : 1 + (int64_t) rnd(100);
        uint32_t len;

        now += rnd(3);
        snprintf(key, sizeof(key), "%u-", k);
        memset(key + strlen(key), 'x', sizeof(key) - strlen(key));
        key_len += 4;
        v.type = LCO_DICT_STRING;
        v.data = data;
        v.len = fill(data, k, rnd(10) ? rnd(100) : rnd(max_len));
        switch (rnd(12)) {
        case 0:
        case 1:
        case 2:
        case 3:
            lco_dict_set(d, (int) rnd(5), key, key_len, &v, now, ttl, &forced);
            break;
        case 4:
            v.type = LCO_DICT_NIL;
            lco_dict_set(d, 0, key, key_len, &v, now, 0, &forced);
            break;
        case 5: {
            lco_dict_value one = num(1), init = num(0);

            lco_dict_incr(d, key, key_len, &one, &init, now, ttl, &forced);
            break;
        }
        case 6:
            lco_dict_push(d, key, key_len, &v, rnd(2), now, &len, &made);
            break;
        case 7:
            if (lco_dict_pop(d, key, key_len, rnd(2), now, &v, &buf) ==
                LCO_DICT_OK) {
                fill(want, k, v.len);
                good = memcmp(v.data, want, v.len) == 0;
                found++;
            }
            break;
        case 8:
            lco_dict_expire(d, key, key_len, now, ttl);
            break;
        case 9:
            if (rnd(20) == 0) {
                lco_dict_flush_expired(d, rnd(5), now);
            }
            else if (rnd(500) == 0) {
                lco_dict_flush_all(d, now);
            }
            else if (rnd(20) == 0) {
                lco_repair(d);
            }
            break;
        default:
            if (lco_dict_get(d, key, key_len, now, (int) rnd(2), &v, &buf) ==
                    LCO_DICT_OK &&
                v.type == LCO_DICT_STRING) {
                fill(want, k, v.len);
                good = memcmp(v.data, want, v.len) == 0;
                found++;
            }
            break;
        }
        bad = shm_check(d);
    }
    ok(good && !bad && found > steps / 200, "%d steps in %u bytes, %d found",
       steps, size, found);
    if (bad) {
        printf("# step %d: %s\n", i, bad);
    }
    lco_dict_destroy(d, lco_dict_capacity(d));
}

/* What a child sets the parent reads, and the other way round. */
static void test_fork(void)
{
    lco_dict *d = lco_dict_create(65536);
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        set(d, 0, "from", str("child"), 0, NULL);
        _exit(0);
    }
    waitpid(pid, &status, 0);
    tap_is(show(d, "from", 0), "schild", "one memory");
    ok(lco_dict_is_ours(d, 65536), "of this layout");
    ok(!lco_dict_is_ours(d, 65537), "of another size");
    lco_dict_destroy(d, lco_dict_capacity(d));
}

int main(void)
{
    const char *seed = getenv("LUACO_SEED");

    if (seed) {
        rnd_state = (unsigned) strtoul(seed, NULL, 10);
    }
    test_values();
    test_incr();
    test_lists();
    test_full();
    test_fork();
    test_random(8192, 20000, 3000);
    test_random(32768, 20000, 20000);
    test_random(262144, 3000, 20000);
    free(buf.data);
    return done_testing();
}

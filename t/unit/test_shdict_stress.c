/* Shared dictionaries under four processes that do everything at random and are
 * killed at random.
 *
 * Without arguments 150 kills, from LUACO_SEED; with a number of seconds, that
 * long, from a seed of its own or the second argument (`make stress`).
 */
#include "shm/dict.h"

#include "shm_check.h"
#include "tap.h"

#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    WORKERS = 4,
    KEYS = 300,
    MAX_LEN = 4000
};

static uint64_t rnd_state;

static unsigned rnd(unsigned n)
{
    rnd_state = rnd_state * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (unsigned) (rnd_state >> 33) % n;
}

static int64_t msec_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t) t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void nap(long usec)
{
    struct timespec t = {0, usec * 1000};

    nanosleep(&t, NULL);
}

/* A value that tells by itself whether it is right. */
static void fill(char *p, unsigned key, size_t len)
{
    size_t i;

    for (i = 0; i < len; i++) {
        p[i] = (char) (key + len + i * 7);
    }
}

static int is_right(const lco_dict_value *v, unsigned key)
{
    char want[MAX_LEN];

    if (v->type != LCO_DICT_STRING) {
        return v->type == LCO_DICT_INTEGER;
    }
    if (v->len > MAX_LEN) {
        return 0;
    }
    fill(want, key, v->len);
    return memcmp(v->data, want, v->len) == 0;
}

static int one_step(lco_dict *d, lco_dict_buf *buf)
{
    unsigned k = rnd(KEYS), what = rnd(100);
    char key[80], data[MAX_LEN];
    size_t key_len;
    lco_dict_value v = {.type = LCO_DICT_STRING}, zero = {0};
    lco_dict_rc rc;
    int64_t now = msec_now(), ttl = rnd(2) ? 0 : rnd(20);
    uint32_t len;
    size_t count;
    int forced;

    snprintf(key, sizeof(key), "%u-%060u", k, k);
    key_len = 5 + k % 50;
    zero.type = LCO_DICT_INTEGER;
    v.data = data;
    v.len = rnd(20) ? rnd(150) : rnd(MAX_LEN);
    fill(data, k, v.len);
    if (what < 30) {
        lco_dict_set(d, (int) rnd(5), key, key_len, &v, now, ttl, &forced);
    }
    else if (what < 60) {
        rc = lco_dict_get(d, key, key_len, now, (int) rnd(2), &v, buf);
        return rc != LCO_DICT_OK || is_right(&v, k);
    }
    else if (what < 70) {
        v.type = LCO_DICT_NIL;
        lco_dict_set(d, 0, key, key_len, &v, now, 0, &forced);
    }
    else if (what < 80) {
        lco_dict_push(d, key, key_len, &v, rnd(2), now, &len, &forced);
    }
    else if (what < 88) {
        rc = lco_dict_pop(d, key, key_len, rnd(2), now, &v, buf);
        return rc != LCO_DICT_OK || is_right(&v, k);
    }
    else if (what < 95) {
        v.type = LCO_DICT_INTEGER;
        v.u.int_value = 1;
        lco_dict_incr(d, key, key_len, &v, rnd(2) ? &zero : NULL, now, ttl,
                      &forced);
    }
    else if (what < 97) {
        lco_dict_expire(d, key, key_len, now, ttl);
        lco_dict_ttl(d, key, key_len, now, &now);
        lco_dict_len(d, key, key_len, now, &len);
    }
    else if (what < 99) {
        lco_dict_keys(d, rnd(20), now, buf, &count);
        lco_dict_free_space(d);
    }
    else if (rnd(2)) {
        lco_dict_flush_expired(d, rnd(4), now);
    }
    else if (rnd(10) == 0) {
        lco_dict_flush_all(d, now);
    }
    return 1;
}

static pid_t start(lco_dict *d, uint64_t seed)
{
    lco_dict_buf buf = {0};
    pid_t pid;

    fflush(stdout);
    pid = fork();
    if (pid == 0) {
        pid_t parent = getppid();

        rnd_state = seed;
        while (one_step(d, &buf)) {
            if (rnd(1000) == 0 && getppid() != parent) {
                _exit(0);
            }
        }
        _exit(1);
    }
    return pid;
}

static const char *check(lco_dict *d)
{
    const char *bad;

    lco_space_lock(d);
    bad = shm_check(d);
    lco_space_unlock(d);
    return bad;
}

int main(int argc, char **argv)
{
    const char *env = getenv("LUACO_SEED");
    unsigned long seed = env ? strtoul(env, NULL, 10) : 1;
    long seconds = argc > 1 ? strtol(argv[1], NULL, 10) : 0;
    int64_t end = msec_now() + seconds * 1000;
    lco_dict *d = lco_dict_create(64 * 1024);
    const char *bad = NULL;
    pid_t pids[WORKERS];
    int i, status, kills = 0, wrong = 0;

    if (seconds) {
        seed = argc > 2 ? strtoul(argv[2], NULL, 10)
                        : (unsigned long) msec_now() % 1000000;
    }
    printf("# seed %lu\n", seed);
    rnd_state = seed;
    for (i = 0; i < WORKERS; i++) {
        pids[i] = start(d, rnd_state + (unsigned) i);
    }
    while (!bad && !wrong &&
           (seconds ? msec_now() < end : kills < 150 || !d->repairs)) {
        nap(200 + (long) rnd(5000));
        i = (int) rnd(WORKERS);
        kill(pids[i], SIGKILL);
        waitpid(pids[i], &status, 0);
        wrong += !WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL;
        kills++;
        bad = check(d);
        rnd_state += (unsigned) kills;
        pids[i] = start(d, rnd_state);
    }
    for (i = 0; i < WORKERS; i++) {
        kill(pids[i], SIGKILL);
        waitpid(pids[i], &status, 0);
        wrong += !WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL;
    }
    if (!bad) {
        bad = check(d);
    }
    ok(!bad, "the dictionary is whole after %d kills, %u of them with its lock",
       kills, d->repairs);
    if (bad) {
        printf("# %s\n", bad);
    }
    ok(!wrong, "every value was right");
    ok(d->repairs > 0, "some died in the middle of a change");
    lco_dict_destroy(d, lco_dict_capacity(d));
    return done_testing();
}

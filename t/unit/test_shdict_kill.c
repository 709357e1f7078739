/* Shared dictionaries: a process is killed at each step of each change, and
 * another one goes on; then at steps of the repair too.
 *
 * The sources are compiled here once more, with a function where a process may
 * stop. */
static void point(void);
#define LCO_SHM_POINT() point()

/* NOLINTBEGIN(bugprone-suspicious-include) */
#include "../../src/shm/dict.c"
#include "../../src/shm/dict_list.c"
#include "../../src/shm/repair.c"
#include "../../src/shm/space.c"
/* NOLINTEND(bugprone-suspicious-include) */

#include "shm_check.h"
#include "tap.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    SIZE = 16384,
    NOW = 1000
};

static int countdown; /* to the kill; 0: none */
static lco_dict_buf buf;

static void point(void)
{
    if (countdown && --countdown == 0) {
        kill(getpid(), SIGKILL);
    }
}

static lco_dict_value str(const char *s)
{
    lco_dict_value v = {
        .type = LCO_DICT_STRING, .data = s, .len = s ? strlen(s) : 0};

    return v;
}

static void set(lco_dict *d, const char *key, const char *value, int64_t ttl)
{
    lco_dict_value v = str(value);
    int forced;

    if (!value) {
        v.type = LCO_DICT_NIL;
    }
    lco_dict_set(d, 0, key, strlen(key), &v, NOW, ttl, &forced);
}

static void push(lco_dict *d, const char *value, enum lco_dict_end end)
{
    lco_dict_value v = str(value);
    uint32_t len;
    int made;

    lco_dict_push(d, "list", 4, &v, end, NOW, &len, &made);
}

static void pop(lco_dict *d, enum lco_dict_end end)
{
    lco_dict_value v;

    lco_dict_pop(d, "list", 4, end, NOW, &v, &buf);
}

static void incr(lco_dict *d, const char *key, double by)
{
    lco_dict_value v = {.type = LCO_DICT_INTEGER, .u.int_value = 1}, init = v;
    int forced;

    if (by != 1) {
        v.type = LCO_DICT_NUMBER;
        v.u.num_value = by;
    }
    lco_dict_incr(d, key, strlen(key), &v, &init, NOW, 0, &forced);
}

/* All that is in it as text, used last first; expired entries too. */
static const char *text_of(lco_dict *d)
{
    static char text[40000];
    size_t len = 0;
    uint32_t entry;

    text[0] = '\0';
    for (entry = d->newest; entry; entry = lco_entry_at(d, entry)->older) {
        const lco_entry *e = lco_entry_at(d, entry);
        char data[20000];
        lco_cursor c;

        lco_cursor_start(&c, d, entry, lco_header_size(e->t.type));
        lco_cursor_read(&c, data, lco_data_size(&e->t));
        len += (size_t) snprintf(text + len, sizeof(text) - len,
                                 "%.*s=", (int) e->t.key_len, data);
        if (e->t.type == LCO_DICT_STRING) {
            len += (size_t) snprintf(text + len, sizeof(text) - len, "%.*s",
                                     (int) e->t.len, data + e->t.key_len);
        }
        else if (e->t.type == LCO_DICT_INTEGER) {
            len += (size_t) snprintf(text + len, sizeof(text) - len, "%d",
                                     (int) e->value);
        }
        else if (e->t.type == LCO_DICT_NUMBER) {
            double n;

            memcpy(&n, &e->value, sizeof(n));
            len += (size_t) snprintf(text + len, sizeof(text) - len, "%g", n);
        }
        else if (e->t.type == LCO_DICT_LIST) {
            uint32_t it = e->ends[0];

            for (; it; it = lco_item_at(d, it)->side[1]) {
                lco_cursor_start(&c, d, it,
                                 lco_header_size(LCO_THING_ITEM + 4));
                lco_cursor_read(&c, data, lco_item_at(d, it)->t.len);
                len +=
                    (size_t) snprintf(text + len, sizeof(text) - len, ",%.*s",
                                      (int) lco_item_at(d, it)->t.len, data);
            }
        }
        len += (size_t) snprintf(text + len, sizeof(text) - len, "@%d\n",
                                 (int) e->expires);
    }
    return text;
}

/* ---- the changes ---- */

static char big[3000];

static void prepare(lco_dict *d)
{
    char key[20];
    int i;

    for (i = 0; i < 20; i++) {
        snprintf(key, sizeof(key), "k%d", i);
        set(d, key, key, i < 3 ? 0 : 50);
    }
    for (i = 5; i < 20; i += 2) {
        snprintf(key, sizeof(key), "k%d", i);
        set(d, key, NULL, 0);
    }
    push(d, "b", LCO_DICT_LEFT);
    push(d, "a", LCO_DICT_LEFT);
    push(d, "c", LCO_DICT_RIGHT);
    incr(d, "n", 1);
    memset(big, 'B', sizeof(big) - 1);
}

static void do_set(lco_dict *d)
{
    set(d, "new", "value", 0);
}
static void do_change(lco_dict *d)
{
    set(d, "k4", "another value that is much longer than the old one", 7);
}
static void do_delete(lco_dict *d)
{
    set(d, "k6", NULL, 0);
}
static void do_get(lco_dict *d)
{
    lco_dict_value v;

    lco_dict_get(d, "k2", 2, NOW, 0, &v, &buf);
}
static void do_big(lco_dict *d)
{
    set(d, "k2", big, 0);
}
static void do_incr(lco_dict *d)
{
    incr(d, "n", 1);
}
static void do_incr_float(lco_dict *d)
{
    incr(d, "n", 0.5);
}
static void do_incr_new(lco_dict *d)
{
    incr(d, "nn", 1);
}
static void do_lpush(lco_dict *d)
{
    push(d, "left", LCO_DICT_LEFT);
}
static void do_rpush(lco_dict *d)
{
    push(d, "right", LCO_DICT_RIGHT);
}
static void do_lpop(lco_dict *d)
{
    pop(d, LCO_DICT_LEFT);
}
static void do_rpop(lco_dict *d)
{
    pop(d, LCO_DICT_RIGHT);
}
static void do_expire(lco_dict *d)
{
    lco_dict_expire(d, "k2", 2, NOW, 77);
}
static void do_new_list(lco_dict *d)
{
    lco_dict_value v = str("item");
    uint32_t len;
    int made;

    lco_dict_push(d, "list2", 5, &v, LCO_DICT_LEFT, NOW, &len, &made);
}
static void do_end_list(lco_dict *d)
{
    set(d, "list", "no list any more", 0);
}

/* These consist of several changes, any number of which may have happened. */
static void do_flush(lco_dict *d)
{
    lco_dict_flush_all(d, NOW);
}
static void do_flush_expired(lco_dict *d)
{
    lco_dict_flush_expired(d, 0, NOW + 1000);
}
static void do_full(lco_dict *d)
{
    static char most[SIZE];
    lco_dict_value v;
    int forced;

    memset(most, 'M', sizeof(most) - 1);
    v = str(most);
    v.len = (size_t) lco_dict_free_space(d) + 500;
    lco_dict_set(d, 0, "most", 4, &v, NOW, 0, &forced);
}

static const struct change {
    const char *name;
    void (*fn)(lco_dict *d);
    int many; /* not all or nothing */
} changes[] = {
    {"set", do_set, 0},
    {"set of what is there", do_change, 0},
    {"delete", do_delete, 0},
    {"get", do_get, 0},
    {"set in pieces", do_big, 0},
    {"incr", do_incr, 0},
    {"incr to a float", do_incr_float, 0},
    {"incr with init", do_incr_new, 0},
    {"lpush", do_lpush, 0},
    {"rpush", do_rpush, 0},
    {"lpop", do_lpop, 0},
    {"rpop", do_rpop, 0},
    {"expire", do_expire, 0},
    {"push to a new list", do_new_list, 0},
    {"set in place of a list", do_end_list, 0},
    {"flush_all", do_flush, 1},
    {"flush_expired", do_flush_expired, 1},
    {"set with force", do_full, 1},
};

/* FN in a process that is killed at step N.  Returns 0 if it came to its end
 * before. */
static int killed_in(lco_dict *d, void (*fn)(lco_dict *d), int n)
{
    int status = 0;
    pid_t pid;

    fflush(stdout);
    pid = fork();
    if (pid == 0) {
        countdown = n;
        fn(d);
        _exit(0);
    }
    waitpid(pid, &status, 0);
    return WIFSIGNALED(status);
}

static void only_lock(lco_dict *d)
{
    lco_space_lock(d);
    lco_space_unlock(d);
}

/* Lines of TEXT that are not in BEFORE nor in AFTER; MANY: whatever the time is
 * that stands at their end. */
static int strange_lines(const char *text, const char *before,
                         const char *after, int many)
{
    int strange = 0;
    char line[20000];
    size_t n;

    for (; *text; text += n + 1) {
        n = strcspn(text, "\n");
        snprintf(line, sizeof(line), "%.*s\n", (int) n, text);
        if (many) {
            line[strcspn(line, "@") + 1] = '\0';
        }
        strange += !strstr(before, line) && !strstr(after, line);
    }
    return strange;
}

static int count_lines(const char *s)
{
    int n = 0;

    for (; *s; s++) {
        n += *s == '\n';
    }
    return n;
}

static void test_change(const struct change *c)
{
    static char before[40000], after[40000];
    lco_dict *d = lco_dict_create(SIZE);
    const char *bad = NULL, *text = "";
    int n, j, steps = 0, repairs = 0, olds = 0, news = 0, strange = 0;

    prepare(d);
    strcpy(before, text_of(d));
    c->fn(d);
    strcpy(after, text_of(d));
    lco_dict_destroy(d, lco_dict_capacity(d));
    for (n = 1; !bad && !strange; n++) {
        d = lco_dict_create(SIZE);
        prepare(d);
        if (!killed_in(d, c->fn, n)) {
            bad = shm_check(d);
            lco_dict_destroy(d, lco_dict_capacity(d));
            break;
        }
        steps++;
        for (j = 1 + n % 5; killed_in(d, only_lock, j); j += 5) {
            repairs++;
        }
        only_lock(d);
        bad = shm_check(d);
        text = text_of(d);
        olds += strcmp(text, before) == 0;
        news += strcmp(text, after) == 0;
        strange = strange_lines(text, before, after, c->many);
        if (!c->many && count_lines(text) < count_lines(before) - 1) {
            strange++;
        }
        lco_dict_incr(d, "n", 1, &(lco_dict_value){.type = LCO_DICT_INTEGER},
                      NULL, NOW, 0, &(int){0});
        if (!bad) {
            bad = shm_check(d);
        }
        if (strange) {
            tap_show("before", before);
            tap_show("after", after);
            tap_show("got", text);
        }
        lco_dict_destroy(d, lco_dict_capacity(d));
    }
    ok(!bad && steps && !strange, "%s: killed at %d steps and %d of the repair",
       c->name, steps, repairs);
    ok(news > 0, "%s: the change at %d of the steps, none of it at %d", c->name,
       news, olds);
    if (bad) {
        printf("# step %d: %s\n", n - 1, bad);
    }
}

int main(void)
{
    size_t i;

    for (i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        test_change(&changes[i]);
    }
    free(buf.data);
    return done_testing();
}

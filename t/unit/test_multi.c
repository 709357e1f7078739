/* Header fields with several values. */
#include "util/multi.h"

#include <apr_general.h>

#include "tap.h"

/* The values that are found behind JOINED of NAME, as "[a][b]". */
static const char *found(const lco_multi *list, const char *name,
                         const char *joined)
{
    static char out[256];
    const lco_multi *m = lco_multi_find(list, name, joined);
    char *d = out;
    int i;

    *d = '\0';
    for (i = 0; m && i < m->n; i++) {
        d += sprintf(d, "[%s]", m->values[i]);
    }
    return m ? out : "none";
}

#define IS(list, name, joined, want)                                           \
    ok(!strcmp(found(list, name, joined), want), "%s: %s: %s", name, joined,   \
       found(list, name, joined))

int main(void)
{
    static const char head[] = "GET / HTTP/1.1\r\nX-A: 1\r\nHost: a\r\n"
                               "x-a: 2\r\nCookie: a=1\r\nX-AB: 5\r\n"
                               "X-A: 3,\r\n 4\r\ncookie: b=2\r\n\r\nX-AB: 6";
    static const char *const values[] = {"u", "", "w"};
    const lco_multi *list, *more;
    apr_pool_t *pool;

    apr_initialize();
    apr_pool_create(&pool, NULL);

    list = lco_multi_read(pool, NULL, head, sizeof(head) - 1);
    IS(list, "X-A", "1, 2, 3, 4", "[1][2][3, 4]");
    IS(list, "x-A", "1, 2, 3, 4", "[1][2][3, 4]");
    IS(list, "X-A", "1, 2", "none");
    IS(list, "Cookie", "a=1, b=2", "[a=1][b=2]");
    IS(list, "Host", "a", "none");
    IS(list, "X-AB", "5", "none");
    IS(list, "X-AB", "5, 6", "none");

    more = lco_multi_add(pool, list, "X-A", "u, , w", 3, values);
    IS(more, "x-a", "u, , w", "[u][][w]");
    IS(more, "X-A", "1, 2, 3, 4", "[1][2][3, 4]");
    IS(list, "X-A", "u, , w", "none");
    more = lco_multi_add(pool, more, "X-A", "1, 2, 3, 4", 1, values);
    IS(more, "X-A", "1, 2, 3, 4", "[u]");

    ok(!strcmp(lco_multi_join(pool, "X-A", 3, values), "u, , w"), "joined");
    ok(!strcmp(lco_multi_join(pool, "cookie", 3, values), "u; ; w"),
       "cookies joined");
    ok(!strcmp(lco_multi_join(pool, "X-A", 1, values), "u"), "one");
    ok(!strcmp(lco_multi_join(pool, "X-A", 0, values), ""), "none");
    ok(!lco_multi_read(pool, NULL, "", 0), "no head");

    apr_pool_destroy(pool);
    apr_terminate();
    return done_testing();
}

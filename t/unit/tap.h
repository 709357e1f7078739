/* TAP for unit tests: ok(), is_int(), done_testing() as the last word. */
#ifndef LCO_UNIT_TAP_H
#define LCO_UNIT_TAP_H

#include <stdarg.h>
#include <stdio.h>

static int tap_tests, tap_failed;

__attribute__((format(printf, 2, 3))) static inline int ok(int passed,
                                                           const char *fmt, ...)
{
    va_list ap;

    tap_tests++;
    tap_failed += !passed;
    printf("%sok %d - ", passed ? "" : "not ", tap_tests);
    va_start(ap, fmt);
    vprintf(fmt, ap);
    va_end(ap);
    putchar('\n');
    fflush(stdout);
    return passed;
}

static inline int is_int(long long got, long long want, const char *what)
{
    int passed = ok(got == want, "%s", what);

    if (!passed) {
        printf("#  got: %lld\n# want: %lld\n", got, want);
    }
    return passed;
}

/* Returns the exit status of the program. */
static inline int done_testing(void)
{
    printf("1..%d\n", tap_tests);
    return tap_failed != 0;
}

#endif

/* TAP for the unit tests.  A test is a .c file of t/unit with a main() that
 * ends in `return tap_done();`. */
#ifndef LCO_UNIT_TAP_H
#define LCO_UNIT_TAP_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int tap_count, tap_failed;

/* One test, named as by printf; returns whether it passed. */
__attribute__((format(printf, 2, 3), unused)) static int
ok(int good, const char *name, ...)
{
    va_list ap;

    tap_failed += !good;
    printf("%sok %d - ", good ? "" : "not ", ++tap_count);
    va_start(ap, name);
    vprintf(name, ap);
    va_end(ap);
    putchar('\n');
    fflush(stdout);
    return good;
}

__attribute__((unused)) static int is_int(long long got, long long expected,
                                          const char *name)
{
    int good = ok(got == expected, "%s", name);

    if (!good) {
        printf("#      got: %lld\n# expected: %lld\n", got, expected);
    }
    return good;
}

__attribute__((unused)) static void tap_show(const char *what, const char *p)
{
    printf("# %s:\n#   ", what);
    for (; p != NULL && *p != '\0'; p++) {
        putchar(*p);
        if (*p == '\n' && p[1] != '\0') {
            printf("#   ");
        }
    }
    printf("%s\n", p == NULL ? "(null)" : "");
}

/* Compares two texts, of several lines perhaps; either may be NULL. */
__attribute__((unused)) static int is_str(const char *got, const char *expected,
                                          const char *name)
{
    int good = got == expected ||
               (got != NULL && expected != NULL && strcmp(got, expected) == 0);

    ok(good, "%s", name);
    if (!good) {
        tap_show("got", got);
        tap_show("expected", expected);
    }
    return good;
}

/* The plan; returns the exit status of the program. */
__attribute__((unused)) static int tap_done(void)
{
    printf("1..%d\n", tap_count);
    /* A leak found at exit ends the program without flushing. */
    fflush(stdout);
    return tap_failed != 0;
}

#define tap_ok(good, name) ok((good), "%s", (name))
#define tap_is(got, expected, name) is_str((got), (expected), (name))
#define done_testing() tap_done()

#endif

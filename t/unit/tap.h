/* TAP for the unit tests in C: each file of t/unit is a program that calls
 * ok() and its kin, and ends with `return tap_done();`. */
#ifndef LCO_UNIT_TAP_H
#define LCO_UNIT_TAP_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int tap_count, tap_failures;

__attribute__((format(printf, 4, 5), unused)) static int
tap_ok_at(const char *file, int line, int good, const char *name, ...)
{
    va_list ap;

    printf("%sok %d - ", good ? "" : "not ", ++tap_count);
    va_start(ap, name);
    vprintf(name, ap);
    va_end(ap);
    putchar('\n');
    if (!good) {
        tap_failures++;
        printf("# failed at %s:%d\n", file, line);
    }
    fflush(stdout);
    return good;
}

__attribute__((unused)) static int tap_is_str(const char *file, int line,
                                              const char *got,
                                              const char *expected,
                                              const char *name)
{
    int good =
        got == expected || (got && expected && strcmp(got, expected) == 0);

    tap_ok_at(file, line, good, "%s", name);
    if (!good) {
        printf("#      got: %s\n# expected: %s\n", got ? got : "(null)",
               expected ? expected : "(null)");
    }
    return good;
}

__attribute__((unused)) static int tap_is_int(const char *file, int line,
                                              long long got, long long expected,
                                              const char *name)
{
    tap_ok_at(file, line, got == expected, "%s", name);
    if (got != expected) {
        printf("#      got: %lld\n# expected: %lld\n", got, expected);
    }
    return got == expected;
}

__attribute__((unused)) static int tap_done(void)
{
    printf("1..%d\n", tap_count);
    return tap_failures ? 1 : 0;
}

/* ok(condition, "name %d", ...); is_str(got, expected, "name"); is_int() */
#define ok(good, ...) tap_ok_at(__FILE__, __LINE__, (good) ? 1 : 0, __VA_ARGS__)
#define is_str(got, expected, name)                                            \
    tap_is_str(__FILE__, __LINE__, (got), (expected), (name))
#define is_int(got, expected, name)                                            \
    tap_is_int(__FILE__, __LINE__, (long long) (got), (long long) (expected),  \
               (name))

/* For names that are texts of their own, and texts of several lines. */
#define tap_ok(good, name) ok(good, "%s", name)

__attribute__((unused)) static int tap_is(const char *got, const char *want,
                                          const char *name)
{
    const char *texts[2] = {got, want}, *p;
    int i, good = strcmp(got, want) == 0;

    tap_ok(good, name);
    for (i = 0; i < 2 && !good; i++) {
        printf("# %s:\n#   ", i == 0 ? "got" : "expected");
        for (p = texts[i]; *p != '\0'; p++) {
            putchar(*p);
            if (*p == '\n' && p[1] != '\0') {
                printf("#   ");
            }
        }
        printf("\n");
    }
    return good;
}

#endif

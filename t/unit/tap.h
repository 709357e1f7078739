/* TAP for the unit tests: each includes this once. */
#ifndef TAP_H
#define TAP_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int tap_count, tap_failed;

__attribute__((unused)) static int tap_ok(int good, const char *name)
{
    tap_failed += !good;
    printf("%sok %d - %s\n", good ? "" : "not ", ++tap_count, name);
    fflush(stdout);
    return good;
}

/* Compares two texts; on a difference shows both. */
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

__attribute__((unused)) static int tap_done(void)
{
    printf("1..%d\n", tap_count);
    return tap_failed != 0;
}

#endif

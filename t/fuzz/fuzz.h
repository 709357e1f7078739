/* What the fuzz targets share.  A target is a .c file of t/fuzz with an
 * LLVMFuzzerTestOneInput() that returns 0; t/fuzz/corpus/TARGET has its seeds
 * and whatever once failed. */
#ifndef LCO_FUZZ_H
#define LCO_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Not assert(): it holds in every build. */
#define FUZZ_ASSERT(cond)                                                      \
    do {                                                                       \
        if (!(cond)) {                                                         \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #cond); \
            abort();                                                           \
        }                                                                      \
    } while (0)

/* Memory of exactly LEN bytes, so that the sanitizer sees one byte too many. */
__attribute__((unused)) static char *fuzz_room(size_t len)
{
    /* No bytes are what is asked for at times.
     * NOLINTNEXTLINE(clang-analyzer-optin.portability.UnixAPI) */
    char *p = malloc(len);

    if (!p && len) {
        abort();
    }
    return p;
}

__attribute__((unused)) static char *fuzz_copy(const uint8_t *data, size_t len)
{
    char *p = fuzz_room(len);

    if (len) {
        memcpy(p, data, len);
    }
    return p;
}

#endif

/* util/httptime: a time that was read is written and read the same. */
#include "util/httptime.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *s = fuzz_copy(data, size), text[LCO_HTTPTIME_SIZE];
    int64_t sec = lco_httptime_parse(s, size);
    size_t n;

    if (sec != LCO_HTTPTIME_NONE && sec >= 0) {
        n = lco_httptime_format(text, sec);
        FUZZ_ASSERT(n == LCO_HTTPTIME_SIZE);
        FUZZ_ASSERT(lco_httptime_parse(text, n) == sec);
        n = lco_httptime_cookie(text, sec);
        FUZZ_ASSERT(n <= LCO_HTTPTIME_SIZE);
    }
    if (size >= sizeof(sec)) {
        memcpy(&sec, s, sizeof(sec));
        n = lco_httptime_format(text, sec);
        FUZZ_ASSERT(lco_httptime_parse(text, n) >= 0);
    }
    free(s);
    return 0;
}

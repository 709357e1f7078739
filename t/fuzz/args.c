/* util/args: every pair lies within the string, pairs are as many as were
 * counted, and what was escaped and joined comes back. */
#include "util/args.h"
#include "util/escape.h"

#include "fuzz.h"

/* Escapes LEN bytes at S to *OUT and moves that on. */
static void put(char **out, const char *s, size_t len)
{
    *out += lco_escape_uri(*out, s, len, LCO_ESCAPE_COMPONENT);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *s = fuzz_copy(data, size), *joined = fuzz_room(4 * size + 2);
    char *out = joined;
    size_t joined_len;
    size_t count = lco_args_count(s, size), n = 0, m = 0;
    lco_args args, again;
    lco_arg arg, back;
    char *copy;

    lco_args_begin(&args, s, size);
    while (lco_args_next(&args, &arg)) {
        n++;
        FUZZ_ASSERT(arg.key >= s && arg.key + arg.key_len <= s + size);
        FUZZ_ASSERT(arg.has_value == (arg.value != NULL));
        if (arg.value) {
            FUZZ_ASSERT(arg.value > arg.key &&
                        arg.value + arg.value_len <= s + size);
        }
        put(&out, arg.key, arg.key_len);
        if (arg.has_value) {
            *out++ = '=';
            put(&out, arg.value, arg.value_len);
        }
        if (arg.closed) {
            *out++ = '&';
        }
    }
    /* nothing behind the last "&" counts, but is no pair */
    FUZZ_ASSERT(n == count || (n + 1 == count && data[size - 1] == '&'));

    joined_len = (size_t) (out - joined);
    copy = fuzz_copy((const uint8_t *) joined, joined_len);
    free(joined);
    free(s);
    s = fuzz_copy(data, size);
    lco_args_begin(&args, s, size);
    lco_args_begin(&again, copy, joined_len);
    while (lco_args_next(&args, &arg)) {
        FUZZ_ASSERT(lco_args_next(&again, &back));
        m++;
        FUZZ_ASSERT(arg.key_len == back.key_len &&
                    arg.value_len == back.value_len &&
                    arg.has_value == back.has_value);
        FUZZ_ASSERT(!memcmp(arg.key, back.key, arg.key_len));
        FUZZ_ASSERT(!arg.value_len ||
                    !memcmp(arg.value, back.value, arg.value_len));
    }
    FUZZ_ASSERT(m == n && !lco_args_next(&again, &back));
    free(copy);
    free(s);
    return 0;
}

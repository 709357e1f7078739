/* Query strings taken apart; see args.h.  Any thread. */
#include "util/args.h"

#include "util/escape.h"

#include <string.h>

void lco_args_begin(lco_args *args, char *s, size_t len)
{
    args->at = s;
    args->end = s + len;
}

int lco_args_next(lco_args *args, lco_arg *arg)
{
    char *key = args->at, *value = NULL, *end, *eq;

    if (key == args->end) {
        return 0;
    }
    end = memchr(key, '&', (size_t) (args->end - key));
    arg->closed = end ? 1 : 0;
    if (!end) {
        end = args->end;
    }
    args->at = end + arg->closed;

    eq = memchr(key, '=', (size_t) (end - key));
    arg->has_value = eq ? 1 : 0;
    if (eq) {
        value = eq + 1;
        arg->value = value;
        arg->value_len =
            lco_unescape_uri(value, value, (size_t) (end - value), 1);
    }
    else {
        eq = end;
        arg->value = NULL;
        arg->value_len = 0;
    }
    arg->key = key;
    arg->key_len = lco_unescape_uri(key, key, (size_t) (eq - key), 1);
    return 1;
}

size_t lco_args_count(const char *s, size_t len)
{
    const char *end;
    size_t n = 1;

    if (!len) {
        return 0;
    }
    for (end = s + len; (s = memchr(s, '&', (size_t) (end - s))); s++) {
        n++;
    }
    return n;
}

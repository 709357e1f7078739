/* Query strings taken apart. */
#include "util/args.h"

#include "tap.h"

/* What S comes to, as "key=value;" with "!" for no value. */
static const char *decode(const char *s, size_t len)
{
    static char out[256];
    char copy[128], *d = out;
    lco_args args;
    lco_arg arg;

    memcpy(copy, s, len);
    lco_args_begin(&args, copy, len);
    while (lco_args_next(&args, &arg)) {
        memcpy(d, arg.key, arg.key_len);
        d += arg.key_len;
        *d++ = arg.has_value ? '=' : '!';
        if (arg.has_value) {
            memcpy(d, arg.value, arg.value_len);
            d += arg.value_len;
        }
        *d++ = arg.closed ? '&' : ';';
    }
    *d = '\0';
    return out;
}

static void check(const char *s, const char *expected, int count)
{
    const char *got = decode(s, strlen(s));

    ok(!strcmp(got, expected), "%s: %s", s, got);
    is_int((long long) lco_args_count(s, strlen(s)), count, "pairs of it");
}

int main(void)
{
    check("", "", 0);
    check("a", "a!;", 1);
    check("a=", "a=;", 1);
    check("a=1", "a=1;", 1);
    check("a=1&b=2", "a=1&b=2;", 2);
    check("a=1&", "a=1&", 2);
    check("&", "!&", 2);
    check("&&a", "!&!&a!;", 3);
    check("=", "=;", 1);
    check("=x&=", "=x&=;", 2);
    check("a=b=c", "a=b=c;", 1);
    check("a+b=c+d", "a b=c d;", 1);
    check("%61%3d=%26%3D", "a==&=;", 1);
    check("%", "%!;", 1);
    check("%4", "%4!;", 1);
    check("%zz=%4g", "%zz=%4g;", 1);
    check("%25%32%35=%2525", "%25=%25;", 1);
    check("a%3", "a%3!;", 1);
    ok(!memcmp(decode("a%00b=\0", 7), "a\0b=\0;", 6), "NUL bytes");
    is_int((long long) lco_args_count(NULL, 0), 0, "no string, no pairs");
    return tap_done();
}

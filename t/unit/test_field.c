/* Header fields: heads taken apart, names and values escaped. */
#include "util/field.h"

#include "tap.h"

/* The fields of HEAD as "name=[value] ". */
static const char *cut(const char *head, size_t len)
{
    static char out[1024];
    char *copy = malloc(len + 1), *d = out;
    lco_fields fields;
    lco_field f;

    memcpy(copy, head, len);
    *d = '\0';
    lco_fields_begin(&fields, copy, len);
    while (lco_fields_next(&fields, &f)) {
        d += sprintf(d, "%.*s=[%.*s] ", (int) f.name_len, f.name,
                     (int) f.value_len, f.value);
    }
    free(copy);
    return out;
}

static void check(const char *head, const char *expected, const char *name)
{
    const char *got = cut(head, strlen(head));

    ok(!strcmp(got, expected), "%s: %s", name, got);
}

static void check_escape(const char *s, size_t len, const char *name,
                         const char *value)
{
    char out[128];
    size_t n = lco_field_name(out, s, len);

    ok(n == lco_field_name_len(s, len) && n == strlen(name) &&
           !memcmp(out, name, n),
       "name %s", name);
    n = lco_field_value(out, s, len);
    ok(n == lco_field_value_len(s, len) && n == strlen(value) &&
           !memcmp(out, value, n),
       "value %s", value);
}

int main(void)
{
    check("", "", "nothing");
    check("GET /", "", "an unfinished request line");
    check("GET /\r\n", "", "HTTP/0.9");
    check("GET / HTTP/1.1\r\n\r\n", "", "no fields");
    check("GET / HTTP/1.1\r\nA: 1\r\nB:2\r\n\r\n", "A=[1] B=[2] ", "two");
    check("GET / HTTP/1.1\nA: 1\nB:2\n\n", "A=[1] B=[2] ", "LF alone");
    check("G\r\nA: 1\r\nA:2\r\n\r\nC: 3\r\n\r\n", "A=[1] A=[2] ", "a body");
    check("G\r\nA: \t 1 \t \r\nB:\r\nC:   \r\n\r\n", "A=[1] B=[] C=[] ",
          "blanks");
    check("G\r\nA: 1\r\n  2\r\n\t3 \r\nB: 4\r\n\r\n", "A=[1 2 3] B=[4] ",
          "folded");
    check("G\r\nA:\r\n 1\r\n\r\n", "A=[1] ", "folded from the start");
    check("G\r\nA: 1\r\n  \r\nB: 2\r\n\r\n", "A=[1 ] B=[2] ", "an empty fold");
    check("G\r\nA\r\n: x\r\nB: b: c\r\n\r\n", "B=[b: c] ", "no fields");
    check("G\r\nA: 1\r\nB: 2", "A=[1] B=[2] ", "cut off");
    check("G\r\nA: 1\r\n ", "A=[1 ] ", "cut off in a fold");
    ok(!strcmp(cut("G\r\nA: 1\0\r\n\r\n", 12), "A=[1] "), "a NUL byte");

    check_escape("X-Foo_1", 7, "X-Foo_1", "X-Foo_1");
    check_escape("a b\r\nc:d", 8, "a%20b%0D%0Ac%3Ad", "a b%0D%0Ac:d");
    check_escape("a\0b\t\177\344", 6, "a%00b%09%7F%E4", "a%00b\t%7F\344");
    check_escape("\"(),/;<=>?@[\\]{}", 16,
                 "%22%28%29%2C%2F%3B%3C%3D%3E%3F%40%5B%5C%5D%7B%7D",
                 "\"(),/;<=>?@[\\]{}");
    check_escape("!#$%&'*+-.^_`|~", 15, "!#$%&'*+-.^_`|~", "!#$%&'*+-.^_`|~");
    check_escape("", 0, "", "");
    return tap_done();
}

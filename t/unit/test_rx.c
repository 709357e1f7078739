/* util/rx: options, matches, limits, invalid UTF-8; util/rx_tpl: templates.
 * tags: hardlua */
#include "util/rx.h"
#include "util/rx_tpl.h"

#include "tap.h"

static lco_rx_env *env;
static char err[LCO_RX_ERRSIZE];

/* Compiles or ends the test. */
static lco_rx make(const char *pattern, size_t len, const char *letters)
{
    lco_rx rx;
    size_t bad;
    int opts = lco_rx_options(letters, strlen(letters), &bad);

    if (opts < 0 ||
        lco_rx_compile(env, pattern, len, (unsigned) opts, &rx, err)) {
        printf("Bail out! /%s/%s: %s\n", pattern, letters, err);
        exit(1);
    }
    return rx;
}

/* The match of PATTERN in S as "rc from-to from-to ...", or "rc". */
static const char *match(const char *pattern, const char *letters,
                         const char *s, size_t len, size_t pos)
{
    static char out[512];
    lco_rx rx = make(pattern, strlen(pattern), letters);
    const size_t *ov;
    int rc = lco_rx_match(env, &rx, s, len, pos, 0, &ov);
    int n = snprintf(out, sizeof(out), "%d", rc);

    for (uint32_t i = 0; rc > 0 && i <= rx.ncaptures; i++) {
        n += snprintf(out + n, sizeof(out) - (size_t) n, " %td-%td",
                      (ptrdiff_t) ov[2 * i], (ptrdiff_t) ov[2 * i + 1]);
    }
    lco_rx_free(&rx);
    return out;
}

#define MATCH(pattern, letters, s, pos)                                        \
    match((pattern), (letters), (s), sizeof(s) - 1, (pos))

static void options(void)
{
    size_t bad = 99;

    is_int(lco_rx_options("", 0, &bad), 0, "no options");
    is_int(lco_rx_options("adDijJmosuUx", 12, &bad), (1 << 12) - 1,
           "all options");
    is_int(lco_rx_options("ij\0", 3, &bad), -1, "NUL is no option");
    is_int((long long) bad, 2, "and where it stands");
    is_int(lco_rx_options("U", 1, &bad), LCO_RX_UTF | LCO_RX_UTF_ANY,
           "U comes with u");
}

static void matches(void)
{
    tap_is(MATCH("b", "", "abc", 0), "1 1-2", "a match");
    tap_is(MATCH("b", "j", "abc", 0), "1 1-2", "by machine code");
    tap_is(MATCH("b", "", "abc", 2), "-1", "none behind it");
    tap_is(MATCH("b", "a", "abc", 0), "-1", "anchored");
    tap_is(MATCH("b", "a", "abc", 1), "1 1-2", "anchored at the offset");
    tap_is(MATCH("(a)|(b)|(c)", "", "xbx", 0), "3 1-2 -1--1 1-2 -1--1",
           "groups that took no part");
    tap_is(MATCH("(a)|(b)|(c)", "j", "xbx", 0), "3 1-2 -1--1 1-2 -1--1",
           "the same by machine code");
    tap_is(MATCH("a|ab|abc", "d", "xabcx", 0), "1 1-4", "the longest");
    tap_is(MATCH("(a)|(ab)", "d", "xabcx", 0), "1 1-3", "without groups");
    tap_is(MATCH("", "", "", 0), "1 0-0", "empty in empty");
    tap_is(MATCH("a", "", "a", 2), "-33", "an offset past the end");
    tap_is(MATCH("a", "", "a", (size_t) -1), "-33", "far past the end");
    tap_is(MATCH("a\\Kb", "", "xab", 0), "1 2-3", "\\K");
    tap_is(MATCH("^b.c", "ms", "a\nb\nc", 0), "1 2-5", "m and s");
    tap_is(MATCH("A b # c", "ix", "xab", 0), "1 1-3", "i and x");
    tap_is(MATCH("\\u0061[]|\\u0062", "J", "ab", 0), "1 1-2", "J");
    tap_is(MATCH("(?<n>a)(?<n>b)", "D", "ab", 0), "3 0-2 0-1 1-2",
           "names twice");
}

static void nul_bytes(void)
{
    lco_rx rx = make("a\0(b)", 5, "");
    const size_t *ov;

    is_int(lco_rx_match(env, &rx, "x\0a\0bc", 6, 0, 0, &ov), 2,
           "NUL in pattern and subject");
    is_int((long long) ov[0], 2, "where");
    lco_rx_free(&rx);
}

static void invalid_utf8(void)
{
    static const char *const wrong[] = {
        "\xC3\x28", "\xE4\xBD",     "\xFF",   "\xC0\x80",
        "\x80",     "\xED\xA0\x80", "a\xF8x", "\xF4\x90\x80\x80"};

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        const char *s = wrong[i];
        int rc = atoi(match(".", "u", s, strlen(s), 0));

        ok(rc <= -3 && rc >= -23 && rc != LCO_RX_MATCHLIMIT,
           "invalid subject %zu: %d", i, rc);
        rc = atoi(match(".", "uj", s, strlen(s), 0));
        ok(rc <= -3 && rc >= -23, "with j: %d", rc);
        rc = atoi(match(".", "ud", s, strlen(s), 0));
        ok(rc <= -3 && rc >= -23, "with d: %d", rc);
        rc = atoi(match(".", "Ud", s, strlen(s), 0));
        ok(rc <= -3 && rc >= -23, "with d and U: %d", rc);
        for (int j = 0; j < 2; j++) {
            rc = atoi(match("(?:.|\\s)*z|\\x{4e00}+", j ? "Uj" : "U", s,
                            strlen(s), 0));
            ok(rc == LCO_RX_NOMATCH, "U takes it: %d", rc);
        }
    }
    tap_is(MATCH(".", "U",
                 "\xFF\xFF"
                 "ab",
                 0),
           "1 2-3", "U finds what is valid");
    tap_is(MATCH(".", "u", "\xE4\xBD\xA0", 1), "-36",
           "an offset within a character");
    tap_is(MATCH("(*UTF).", "", "\xE4\xBD\xA0", 0), "1 0-3",
           "UTF-8 by the pattern");
    ok(lco_rx_compile(env, "\xFF", 1, LCO_RX_UTF, &(lco_rx){0}, err) == -1 &&
           strstr(err, "pcre2_compile() failed: UTF-8 error") == err,
       "invalid pattern: %s", err);
}

static void errors(void)
{
    char pattern[1000];
    lco_rx rx;

    is_int(lco_rx_compile(env, "(a", 2, 0, &rx, err), -1, "a bad pattern");
    tap_is(err, "pcre2_compile() failed: missing closing parenthesis in \"(a\"",
           "its message");
    ok(rx.code == NULL, "nothing to free");
    is_int(lco_rx_compile(env, "a)b", 3, 0, &rx, err), -1, "another");
    tap_is(err,
           "pcre2_compile() failed: unmatched closing parenthesis in "
           "\"a)b\" at \")b\"",
           "its message says where");
    memset(pattern, 'x', sizeof(pattern));
    pattern[999] = '(';
    is_int(lco_rx_compile(env, pattern, 1000, 0, &rx, err), -1, "a long one");
    is_int((long long) strlen(err), LCO_RX_ERRSIZE - 1, "is cut");
    is_int(lco_rx_compile(env, "(?<a>.)(?<a>.)", 14, 0, &rx, err), -1,
           "names twice without D");
}

static void limits(void)
{
    lco_rx_env *small = lco_rx_env_create(1000), *saved = env;
    const char s[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab";
    size_t len = (size_t) 8 * 1024 * 1024;
    char *big = malloc(len);
    lco_rx rx;
    const size_t *ov;
    int rc;

    env = small;
    is_int(atoi(MATCH("^(a+)+$", "", s, 0)), LCO_RX_MATCHLIMIT, "match limit");
    is_int(atoi(MATCH("^(a+)+$", "j", s, 0)), LCO_RX_MATCHLIMIT, "with j");
    tap_is(MATCH("a", "", s, 0), "1 0-1", "then goes on");
    env = saved;
    lco_rx_env_free(small);

    memset(big, 'a', len);
    rx = make("(?:a|b)*?c", 10, "a");
    rc = lco_rx_match(env, &rx, big, len, 0, 0, &ov);
    ok(rc == LCO_RX_MATCHLIMIT || rc == -63 || rc == LCO_RX_NOMATCH, "8 MB: %d",
       rc);
    lco_rx_free(&rx);
    rx = make("^(?:a|b)*$", 10, "");
    rc = lco_rx_match(env, &rx, big, len, 0, 0, &ov);
    is_int(rc, -63, "the heap has a limit");
    ok(ov[0] == LCO_RX_UNSET && ov[1] == LCO_RX_UNSET,
       "nothing is set after an error");
    lco_rx_free(&rx);
    rx = make("a(?R)?b", 7, "d");
    memset(big + len / 2, 'b', len / 2);
    rc = lco_rx_match(env, &rx, big, len, 0, 0, &ov);
    is_int(rc, -53, "recursion with d has a limit");
    lco_rx_free(&rx);
    rx = make("^(?:(a)|b)*$", 12, "j");
    rc = lco_rx_match(env, &rx, big, len, 0, 0, &ov);
    ok(rc == 2 || rc == LCO_RX_JITSTACK, "machine code: %d", rc);
    is_int(lco_rx_env_jit_stack(env, 1), 0, "a small stack is the least");
    is_int(lco_rx_match(env, &rx, big, len, 0, 0, &ov), LCO_RX_JITSTACK,
           "its limit");
    lco_rx_free(&rx);
    rx = make("^(?:(a|b)x?y?(?=(.)*))*$", 24, "j");
    is_int(lco_rx_match(env, &rx, big, 5000, 0, 0, &ov), LCO_RX_JITSTACK,
           "too small for this");
    is_int(lco_rx_env_jit_stack(env, 64 * 1024 * 1024), 0, "a large stack");
    rc = lco_rx_match(env, &rx, big, 5000, 0, 0, &ov);
    ok(rc == 3 || rc == LCO_RX_MATCHLIMIT, "is enough: %d", rc);
    lco_rx_free(&rx);
    free(big);
}

static void many_groups(void)
{
    char pattern[3 * 1000 + 1], s[1000];
    lco_rx rx;
    const size_t *ov;

    for (int i = 0; i < 1000; i++) {
        memcpy(pattern + 3L * i, "(.)", 3);
    }
    memset(s, 'a', sizeof(s));
    rx = make(pattern, 3000, "");
    is_int(lco_rx_match(env, &rx, s, 1000, 0, 0, &ov), 1001, "1000 groups");
    is_int((long long) ov[2000], 999, "the last one");
    ok(lco_rx_size(&rx) > 1000, "its size: %zu", lco_rx_size(&rx));
    lco_rx_free(&rx);
}

static void advance(void)
{
    const char *s = "a\xE4\xBD\xA0z";
    lco_rx plain = make("", 0, ""), utf = make("", 0, "u");
    const size_t *ov;

    is_int((long long) lco_rx_next(&plain, s, 5, 1, 4), 4, "behind a match");
    is_int((long long) lco_rx_next(&plain, s, 5, 1, 1), 2, "a byte on");
    is_int((long long) lco_rx_next(&utf, s, 5, 1, 1), 4, "a character on");
    is_int((long long) lco_rx_next(&utf, s, 5, 5, 5), 6, "the end");
    is_int((long long) lco_rx_next(&utf, "\xE4\xBD", 2, 0, 0), 2,
           "a piece of one");
    is_int(lco_rx_match(env, &utf, s, 5, 4, 1, &ov), 1, "no check again");
    is_int(lco_rx_match(env, &utf, s, 5, 2, 1, &ov), -36,
           "but never within a character");
    lco_rx_free(&plain);
    lco_rx_free(&utf);
}

static const char *expand(const char *s)
{
    static char out[256];
    const char *end = s + strlen(s);
    lco_rx_piece piece;
    lco_rx_tpl what;
    int plain, n = 0;

    what = lco_rx_tpl_check(s, strlen(s), &piece, &plain);
    if (what != LCO_RX_TPL_END) {
        snprintf(out, sizeof(out), "error %d <%.*s>", (int) what,
                 what == LCO_RX_TPL_INVALID ? 0 : (int) piece.len, piece.s);
        return out;
    }
    *out = '\0';
    while ((what = lco_rx_tpl_next(&s, end, &piece)) != LCO_RX_TPL_END) {
        if (what == LCO_RX_TPL_TEXT) {
            n += snprintf(out + n, sizeof(out) - (size_t) n, "<%.*s>",
                          (int) piece.len, piece.s);
        }
        else {
            n += snprintf(out + n, sizeof(out) - (size_t) n, "#%zx",
                          piece.group);
        }
    }
    return out;
}

static void templates(void)
{
    static const struct {
        const char *in, *out;
    } cases[] = {
        {"", ""},
        {"abc", "<abc>"},
        {"$1", "#1"},
        {"a$0b", "<a>#0<b>"},
        {"$12x", "#c<x>"},
        {"${1}2", "#1<2>"},
        {"$$", "<$>"},
        {"$$1", "<$><1>"},
        {"$$$1", "<$>#1"},
        {"$01", "#1"},
        {"$18446744073709551615", "#ffffffffffffffff"},
        {"$18446744073709551616", "#ffffffffffffffff"},
        {"${99999999999999999999999999}", "#ffffffffffffffff"},
        {"$", "error 5 <>"},
        {"a$", "error 5 <>"},
        {"$ 1", "error 5 <>"},
        {"${", "error 5 <>"},
        {"${}", "error 5 <>"},
        {"$-", "error 5 <>"},
        {"${1", "error 3 <1>"},
        {"${1a}", "error 3 <1>"},
        {"${a", "error 3 <a>"},
        {"${a-}", "error 3 <a>"},
        {"${ 1}", "error 3 <>"},
        {"${-}", "error 3 <>"},
        {"$name", "error 4 <name>"},
        {"$a-b", "error 4 <a>"},
        {"${_9}", "error 4 <_9>"},
        {"$1$x$2", "error 4 <x>"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        is_str(expand(cases[i].in), cases[i].out, cases[i].in);
    }
}

int main(void)
{
    env = lco_rx_env_create(0);
    options();
    matches();
    nul_bytes();
    invalid_utf8();
    errors();
    many_groups();
    advance();
    templates();
    limits();
    lco_rx_env_free(env);
    lco_rx_env_free(NULL);
    return tap_done();
}

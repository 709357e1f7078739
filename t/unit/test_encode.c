/* util/encode, util/quote, util/digest: known answers. */
#include "util/digest.h"
#include "util/encode.h"
#include "util/quote.h"

#include "tap.h"

#include <apr_md5.h>

static char buf[256];

/* BUF's first LEN bytes as a string; "(failed)". */
static const char *text(size_t len)
{
    if (len == LCO_DECODE_FAILED) {
        return "(failed)";
    }
    buf[len] = '\0';
    return buf;
}

static void test_base64(void)
{
    static const struct {
        const char *plain, *padded, *bare, *url;
    } cases[] = {
        {"", "", "", ""},
        {"a", "YQ==", "YQ", "YQ"},
        {"ab", "YWI=", "YWI", "YWI"},
        {"abc", "YWJj", "YWJj", "YWJj"},
        {"abcd", "YWJjZA==", "YWJjZA", "YWJjZA"},
        {"\xfb\xff\xbf", "+/+/", "+/+/", "-_-_"},
    };
    static const struct {
        const char *in, *plain, *url, *mime;
    } odd[] = {
        {"=", "", "", ""},
        {"YQ=", "a", "a", "a"},
        {"YQ==xx", "a", "a", "a"},
        {"Y", "(failed)", "(failed)", "(failed)"},
        {"Y=Q", "(failed)", "(failed)", "(failed)"},
        {"YWJjZ", "(failed)", "(failed)", "(failed)"},
        {"YR==", "a", "a", "a"},
        {" Y\nQ==", "(failed)", "(failed)", "a"},
        {"YW-_", "(failed)", "ao\xbf", "a"},
        {"+/+/", "\xfb\xff\xbf", "(failed)", "\xfb\xff\xbf"},
        {"\xc9Q==", "(failed)", "(failed)", "(failed)"},
        {"\xd9YQ==", "(failed)", "(failed)", "a"},
    };
    size_t i, n;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *s = cases[i].plain;

        n = strlen(s);
        is_str(text(lco_base64_encode(buf, s, n, LCO_BASE64)), cases[i].padded,
               "base64");
        is_str(text(lco_base64_encode(buf, s, n, LCO_BASE64_NO_PAD)),
               cases[i].bare, "not padded");
        is_str(text(lco_base64_encode(buf, s, n, LCO_BASE64_URL)), cases[i].url,
               "base64url");
        s = cases[i].padded;
        is_str(text(lco_base64_decode(buf, s, strlen(s), LCO_BASE64)),
               cases[i].plain, "decoded");
        s = cases[i].url;
        is_str(text(lco_base64_decode(buf, s, strlen(s), LCO_BASE64_URL)),
               cases[i].plain, "url decoded");
    }
    for (i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
        n = strlen(odd[i].in);
        is_str(text(lco_base64_decode(buf, odd[i].in, n, LCO_BASE64)),
               odd[i].plain, odd[i].in);
        is_str(text(lco_base64_decode(buf, odd[i].in, n, LCO_BASE64_URL)),
               odd[i].url, "as base64url");
        is_str(text(lco_base64_decode(buf, odd[i].in, n, LCO_BASE64_MIME)),
               odd[i].mime, "as MIME's");
    }
    is_str(text(lco_base64_decode(buf, "YQ\0=", 4, LCO_BASE64)), "(failed)",
           "a NUL");
}

static void test_base32(void)
{
    static const char *const cases[][3] = {
        {"", "", ""},
        {"a", "c4======", "c4"},
        {"ab", "c5h0====", "c5h0"},
        {"abc", "c5h66===", "c5h66"},
        {"abcd", "c5h66p0=", "c5h66p0"},
        {"abcde", "c5h66p35", "c5h66p35"},
        {"\xff\xff\xff\xff\xff", "vvvvvvvv", "vvvvvvvv"},
    };
    static const char *const bad[] = {"c", "c5h", "c5h66p", "w4", "c5h0 ", "-"};
    size_t i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *s = cases[i][0];

        is_str(text(lco_base32_encode(buf, s, strlen(s), LCO_BASE32_PAD)),
               cases[i][1], "base32");
        is_str(text(lco_base32_encode(buf, s, strlen(s), 0)), cases[i][2],
               "not padded");
        is_str(text(lco_base32_decode(buf, cases[i][1], strlen(cases[i][1]))),
               s, "back");
        is_str(text(lco_base32_decode(buf, cases[i][2], strlen(cases[i][2]))),
               s, "back without padding");
    }
    is_str(text(lco_base32_decode(buf, "C5H66P35", 8)), "abcde", "capitals");
    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        is_str(text(lco_base32_decode(buf, bad[i], strlen(bad[i]))), "(failed)",
               bad[i]);
    }
}

static void test_hex(void)
{
    is_str(text(lco_hex_encode(buf, "a\xff\x0b", 3)), "61ff0b", "hex");
    is_str(text(lco_hex_decode(buf, "61fF0b", 6)), "a\xff\x0b", "back");
    is_str(text(lco_hex_decode(buf, "", 0)), "", "nothing");
    is_str(text(lco_hex_decode(buf, "6", 1)), "(failed)", "half a byte");
    is_str(text(lco_hex_decode(buf, "6g", 2)), "(failed)", "no digit");
    is_str(text(lco_hex_decode(buf, " 6", 2)), "(failed)", "a blank");
}

static const char *quoted(const char *s, size_t len, lco_quote kind)
{
    size_t n = lco_quote_len(s, len, kind);

    return n == lco_quote_str(buf, s, len, kind) ? text(n) : "other length";
}

static void test_quote(void)
{
    static const char odd[] = "a\0\b\n\r\t\x1a\\'\"$\f\x01\x7f\xc3\xa9";
    const char *sql = "'a\\0\\b\\n\\r\\t\\Z\\\\\\'\\\"$\f\x01\x7f\xc3\xa9'";
    static const char *const not_utf8[] = {
        "\x80",         "\xc0\x80",         "\xc1\xbf",     "\xe0\x80\x80",
        "\xed\xa0\x80", "\xf0\x80\x80\x80", "\xf5\x80\x80", "\xf4\x90\x80\x80",
        "\xc3",         "\xe2\x82",         "\xe2\x28\xa1", "\xff"};
    size_t n = sizeof(odd) - 1, i;

    is_str(quoted("", 0, LCO_QUOTE_SQL), "''", "empty");
    is_str(quoted("", 0, LCO_QUOTE_PGSQL), "''", "empty");
    is_str(quoted("", 0, LCO_QUOTE_JSON), "\"\"", "empty");
    is_str(quoted(odd, n, LCO_QUOTE_SQL), sql, "MySQL");
    is_str(quoted("$", 1, LCO_QUOTE_SQL2), "'\\$'", "with dollars");
    is_str(quoted("a'\xc3\xa9$", 5, LCO_QUOTE_PGSQL), "E'a\\'\xc3\xa9\\$'",
           "PostgreSQL");
    is_str(quoted("a\xc3", 2, LCO_QUOTE_PGSQL), "E'a\\\\303'", "no UTF-8");
    is_str(quoted(odd, n, LCO_QUOTE_JSON),
           "\"a\\u0000\\b\\n\\r\\t\\u001a\\\\'\\\"$\\f\\u0001\x7f\xc3\xa9\"",
           "JSON");
    ok(lco_is_utf8("a\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xef\xbf\xbf"
                   "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf",
                   22),
       "the ends of UTF-8's ranges");
    for (i = 0; i < sizeof(not_utf8) / sizeof(not_utf8[0]); i++) {
        ok(!lco_is_utf8(not_utf8[i], strlen(not_utf8[i])), "no UTF-8: %d",
           (int) i);
    }
}

static const char *hex(const unsigned char *digest, size_t len)
{
    return text(lco_hex_encode(buf, (const char *) digest, len));
}

/* Each way that a text can end in a block, at each alignment; and lengths of
 * more than one block. */
static void test_md5_lengths(void)
{
    unsigned char ours[LCO_MD5_SIZE], theirs[APR_MD5_DIGESTSIZE];
    char s[308];
    size_t i, len;

    for (i = 0; i < sizeof(s); i++) {
        s[i] = (char) (i * 7 + (i >> 5));
    }
    for (len = 0; len <= 300; len++) {
        lco_md5(ours, s + len % 8, len);
        apr_md5(theirs, s + len % 8, len);
        if (memcmp(ours, theirs, sizeof(ours)) != 0) {
            break;
        }
    }
    is_int((long) len, 301, "md5 of 0 to 300 bytes is APR's");
}

static void test_digest(void)
{
    unsigned char out[LCO_SHA1_SIZE];
    char key[80];
    char *big = malloc(1000000);

    lco_md5(out, "", 0);
    is_str(hex(out, LCO_MD5_SIZE), "d41d8cd98f00b204e9800998ecf8427e", "md5");
    lco_md5(out, "a\0b", 3);
    is_str(hex(out, LCO_MD5_SIZE), "70350f6027bce3713f6b76473084309b",
           "of a NUL");
    lco_sha1(out, "abc", 3);
    is_str(hex(out, LCO_SHA1_SIZE), "a9993e364706816aba3e25717850c26c9cd0d89d",
           "sha1");
    memset(big, 'a', 1000000);
    lco_sha1(out, big, 1000000);
    is_str(hex(out, LCO_SHA1_SIZE), "34aa973cd4c4daa4f61eeb2bdbad27316534016f",
           "of a million");
    free(big);

    /* RFC 2202 */
    lco_hmac_sha1(out, "Jefe", 4, "what do ya want for nothing?", 28);
    is_str(hex(out, LCO_SHA1_SIZE), "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79",
           "hmac");
    memset(key, 0xaa, sizeof(key));
    lco_hmac_sha1(out, key, sizeof(key),
                  "Test Using Larger Than Block-Size Key - Hash Key First", 54);
    is_str(hex(out, LCO_SHA1_SIZE), "aa4ae5e15272d00e95705637ce8a3b55ed402112",
           "with a long key");
    lco_hmac_sha1(out, "", 0, "", 0);
    is_str(hex(out, LCO_SHA1_SIZE), "fbdb1d1b18aa6c08324b7d64b71fb76370690e1d",
           "of nothing");

    is_int(lco_crc32("123456789", 9), 0xcbf43926, "crc32");
    is_int(lco_crc32("", 0), 0, "of nothing");
}

int main(void)
{
    test_base64();
    test_base32();
    test_hex();
    test_quote();
    test_md5_lengths();
    test_digest();
    return done_testing();
}

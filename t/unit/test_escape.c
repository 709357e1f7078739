/* util/escape: which bytes are escaped, and back. */
#include "util/escape.h"

#include "tap.h"

/* What each kind leaves as it is, of the printable ASCII characters that are
 * neither letters nor digits. */
static const struct {
    lco_escape kind;
    const char *kept;
    int high; /* 0x7F..0xFF are kept */
} kinds[] = {
    {LCO_ESCAPE_URI, "!\"$&'()*+,-./:;<=>@[\\]^_`{|}~", 0},
    {LCO_ESCAPE_ARGS, "!\"$&'()*,-./:;<=>@[\\]^_`{|}~", 0},
    {LCO_ESCAPE_COMPONENT, "!'()*-._~", 0},
    {LCO_ESCAPE_HTML, "!$&()*+,-./:;<=>?@[\\]^_`{|}~", 0},
    {LCO_ESCAPE_REFRESH, "!#$%&()*+,-./:;<=>?@[\\]^_`{|}~", 0},
    {LCO_ESCAPE_MEMCACHED, "!\"#$&'()*+,-./:;<=>?@[\\]^_`{|}~", 1},
    {LCO_ESCAPE_MAIL_AUTH, "!\"#$&'()*+,-./:;<=>?@[\\]^_`{|}~", 1},
};

static int is_alnum(int c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
           (c >= 'A' && c <= 'Z');
}

static void test_bytes(void)
{
    for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
        int good = 1;

        for (int c = 0; c < 256; c++) {
            char in = (char) c, out[3], hex[4];
            int keep = is_alnum(c) ||
                       (c > 0 && c < 0x7f && strchr(kinds[k].kept, c)) ||
                       (c >= 0x7f && kinds[k].high);
            size_t len = lco_escape_uri(out, &in, 1, kinds[k].kind);

            good &= lco_escape_uri_len(&in, 1, kinds[k].kind) == len;
            snprintf(hex, sizeof(hex), "%%%02X", (unsigned) c);
            good &= keep ? len == 1 && out[0] == in
                         : len == 3 && memcmp(out, hex, 3) == 0;
        }
        ok(good, "kind %d", (int) kinds[k].kind);
    }
}

static void test_unescape(void)
{
    static const struct {
        const char *in, *plus, *no_plus;
    } cases[] = {
        {"", "", ""},
        {"%", "%", "%"},
        {"%4", "%4", "%4"},
        {"%41", "A", "A"},
        {"%zz", "%zz", "%zz"},
        {"%4z", "%4z", "%4z"},
        {"%%41", "%A", "%A"},
        {"%4%41", "%4A", "%4A"},
        {"%%%41", "%%A", "%%A"},
        {"a+b", "a b", "a+b"},
        {"%2B+%2b", "+ +", "+++"},
        {"%u0041", "%u0041", "%u0041"},
        {"?%41+", "?A ", "?A+"},
        {"%c3%A9", "\xc3\xa9", "\xc3\xa9"},
        {"%3a%5B%60%67", ":[`g", ":[`g"},
        {"%\xb1\xb1%1\xb1", "%\xb1\xb1%1\xb1", "%\xb1\xb1%1\xb1"},
    };
    char buf[32];

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        size_t len = strlen(cases[i].in);

        buf[lco_unescape_uri(buf, cases[i].in, len, 1)] = '\0';
        is_str(buf, cases[i].plus, cases[i].in);
        memcpy(buf, cases[i].in, len);
        buf[lco_unescape_uri(buf, buf, len, 0)] = '\0';
        is_str(buf, cases[i].no_plus, "in place, + kept");
    }
    is_int((long long) lco_unescape_uri(buf, "%00", 3, 1), 1, "a NUL");
    is_int(buf[0], 0, "is one byte");
    is_int((long long) lco_unescape_uri(buf, "%41", 2, 1), 2, "cut short");
}

static void test_html(void)
{
    const char *in = "<a href=\"x?a&b\">'\xff</a>";
    const char *out = "&lt;a href=&quot;x?a&amp;b&quot;&gt;&#39;\xff&lt;/a&gt;";
    char buf[80];

    is_int((long long) lco_escape_html_len(in, strlen(in)),
           (long long) strlen(out), "length");
    buf[lco_escape_html(buf, in, strlen(in))] = '\0';
    is_str(buf, out, "entities");
}

int main(void)
{
    test_bytes();
    test_unescape();
    test_html();
    return done_testing();
}

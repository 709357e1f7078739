/* util/httptime: writing against the C library, reading of all forms. */
#include "util/httptime.h"

#include <time.h>

#include "tap.h"

static const char *format(int64_t sec)
{
    static char buf[LCO_HTTPTIME_SIZE + 1];

    buf[lco_httptime_format(buf, sec)] = '\0';
    return buf;
}

static const char *cookie(int64_t sec)
{
    static char buf[LCO_HTTPTIME_SIZE + 1];

    buf[lco_httptime_cookie(buf, sec)] = '\0';
    return buf;
}

/* Every day of 400 years and more, at another time of day each. */
static void test_days(void)
{
    int good = 1, back = 1;
    time_t t;

    for (t = 0; t < (time_t) 86400 * 366 * 430; t += 86400 + 61) {
        char expected[64], old[64];
        struct tm tm;

        gmtime_r(&t, &tm);
        strftime(expected, sizeof(expected), "%a, %d %b %Y %H:%M:%S GMT", &tm);
        good &= strcmp(format(t), expected) == 0;
        back &= lco_httptime_parse(expected, strlen(expected)) == t;
        strftime(old, sizeof(old), "%a %b %e %H:%M:%S %Y", &tm);
        back &= lco_httptime_parse(old, strlen(old)) == t;
    }
    ok(good, "written as by the C library");
    ok(back, "read back");
}

static void test_ends(void)
{
    is_str(format(-1), "Thu, 01 Jan 1970 00:00:00 GMT", "before 1970");
    is_str(format(INT64_MIN), "Thu, 01 Jan 1970 00:00:00 GMT", "long before");
    is_str(format(INT64_C(253402300799)), "Fri, 31 Dec 9999 23:59:59 GMT",
           "the last second");
    is_str(format(INT64_MAX), "Fri, 31 Dec 9999 23:59:59 GMT", "after it");
    is_str(cookie(1547040359), "Wed, 09-Jan-19 13:25:59 GMT", "a cookie's");
    is_str(cookie(2145916799), "Thu, 31-Dec-37 23:59:59 GMT", "two digits");
    is_str(cookie(2145916800), "Fri, 01-Jan-2038 00:00:00 GMT", "four digits");
}

static void test_parse(void)
{
    static const struct {
        const char *text;
        int64_t sec;
    } cases[] = {
        {"Thu, 18 Nov 2010 11:27:35 GMT", 1290079655},
        {"Thursday, 18-Nov-10 11:27:35 GMT", 1290079655},
        {"Thu Nov 18 11:27:35 2010", 1290079655},
        {"Thu Nov  8 11:27:35 2010", 1289215655},
        {"Thu Nov 8 11:27:35 2010", 1289215655},
        {"Thu,18 Nov 2010 11:27:35", 1290079655},
        {"  Nov 18 11:27:35 2010", 1290079655},
        {",18-Nov-69 11:27:35", 3151999655},
        {",18-Nov-70 11:27:35", 27775655},
        {"Thu, 29 Feb 2000 11:27:35 GMT", 951823655},
        {"Thu, 00 Nov 2010 11:27:35 GMT", 1288524455},
        {"Wed, 31 Dec 1969 23:59:59 GMT", -1},
        {"Sat, 01 Jan 0000 00:00:00 GMT", -INT64_C(62167219200)},
        {"Fri, 31 Dec 9999 23:59:59 GMT", INT64_C(253402300799)},
        {"", LCO_HTTPTIME_NONE},
        {"x", LCO_HTTPTIME_NONE},
        {",", LCO_HTTPTIME_NONE},
        {"Thu, 18 Nov 2010 11:27:3", LCO_HTTPTIME_NONE},
        {"Thu, 18 Nov 2010 24:27:35 GMT", LCO_HTTPTIME_NONE},
        {"Thu, 18 Nov 2010 11:60:35 GMT", LCO_HTTPTIME_NONE},
        {"Thu, 18 Nov 2010 11:27:60 GMT", LCO_HTTPTIME_NONE},
        {"Thu, 31 Nov 2010 11:27:35 GMT", LCO_HTTPTIME_NONE},
        {"Thu, 29 Feb 1900 11:27:35 GMT", LCO_HTTPTIME_NONE},
        {"Thu, 18 nov 2010 11:27:35 GMT", LCO_HTTPTIME_NONE},
        {"Thu, 18-Nov 2010 11:27:35 GMT", LCO_HTTPTIME_NONE},
        {"Thu, 18 Nov-2010 11:27:35 GMT", LCO_HTTPTIME_NONE},
        {"Thu, 1  Nov 2010 11:27:35 GMT", LCO_HTTPTIME_NONE},
        {"Thu, 18 Nov  010 11:27:35 GMT", LCO_HTTPTIME_NONE},
        {"Thu, 18 Nov 2010 11-27:35 GMT", LCO_HTTPTIME_NONE},
        {"Thu Nov 8  11:27:35 2010", LCO_HTTPTIME_NONE},
        {"Thu Nov 18 11:27:35 201", LCO_HTTPTIME_NONE},
    };
    size_t i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        is_int(lco_httptime_parse(cases[i].text, strlen(cases[i].text)),
               cases[i].sec, cases[i].text);
    }
    is_int(lco_days_from_civil(-1, 3, 1), -719834, "years before 0");
}

int main(void)
{
    test_days();
    test_ends();
    test_parse();
    return done_testing();
}

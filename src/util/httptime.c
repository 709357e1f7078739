/* HTTP's times; see httptime.h.  Any thread. */
#include "util/httptime.h"

#include <string.h>

static const char days[][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                 "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

enum {
    DAY = 86400
};

/* The end of the year 9999. */
#define LAST_SECOND INT64_C(253402300799)

/* ---- the calendar ---- */

/* Years are counted from March on: then the odd day of a leap year is the last
 * one.  Era: 400 years, 146,097 days. */
int64_t lco_days_from_civil(int64_t year, int month, int day)
{
    int64_t era, of_era;
    int of_year;

    if (month <= 2) {
        year--;
        month += 12;
    }
    era = (year >= 0 ? year : year - 399) / 400;
    of_era = year - era * 400;
    of_year = (153 * (month - 3) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year -
           719468; /* from March 1, 0000 to January 1, 1970 */
}

/* The other way; N days since 1970, not negative. */
static void civil_from_days(int64_t n, int *year, int *month, int *day)
{
    int64_t of_era, y, of_year, m;

    n += 719468;
    of_era = n % 146097;
    y = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    of_year = of_era - (365 * y + y / 4 - y / 100);
    m = (5 * of_year + 2) / 153;
    *day = (int) (of_year - (153 * m + 2) / 5 + 1);
    *month = (int) (m < 10 ? m + 3 : m - 9);
    *year = (int) (y + n / 146097 * 400 + (*month <= 2));
}

static int is_leap(int year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/* ---- writing ---- */

static char *put2(char *p, int n)
{
    *p++ = (char) ('0' + n / 10);
    *p++ = (char) ('0' + n % 10);
    return p;
}

/* DASH stands between day, month and year. */
static size_t write_time(char *buf, int64_t sec, char dash, int is_cookie)
{
    int year, month, day, rest;
    char *p = buf;

    sec = sec < 0 ? 0 : sec > LAST_SECOND ? LAST_SECOND : sec;
    civil_from_days(sec / DAY, &year, &month, &day);
    rest = (int) (sec % DAY);

    memcpy(p, days[(sec / DAY + 4) % 7], 3);
    memcpy(p + 3, ", ", 2);
    p = put2(p + 5, day);
    *p++ = dash;
    memcpy(p, months[month - 1], 3);
    p += 3;
    *p++ = dash;
    /* Netscape's cookies had two digits; past 2037 they would be misread. */
    if (!is_cookie || year > 2037) {
        p = put2(p, year / 100);
    }
    p = put2(p, year % 100);
    *p++ = ' ';
    p = put2(p, rest / 3600);
    *p++ = ':';
    p = put2(p, rest / 60 % 60);
    *p++ = ':';
    p = put2(p, rest % 60);
    memcpy(p, " GMT", 4);
    return (size_t) (p + 4 - buf);
}

size_t lco_httptime_format(char *buf, int64_t sec)
{
    return write_time(buf, sec, ' ', 0);
}

size_t lco_httptime_cookie(char *buf, int64_t sec)
{
    return write_time(buf, sec, '-', 1);
}

/* ---- reading ---- */

/* What is left of the text.  Each taker moves it on and returns 0 where the
 * text does not fit. */
typedef struct scan {
    const char *p, *end;
} scan;

static int take_char(scan *s, char c)
{
    return s->p < s->end && *s->p == c ? (s->p++, 1) : 0;
}

/* N digits. */
static int take_digits(scan *s, int n, int *value)
{
    *value = 0;
    for (; n; n--, s->p++) {
        if (s->p == s->end || *s->p < '0' || *s->p > '9') {
            return 0;
        }
        *value = *value * 10 + (*s->p - '0');
    }
    return 1;
}

/* Three letters, as they are written. */
static int take_month(scan *s, int *month)
{
    int i;

    for (i = 0; s->end - s->p >= 3 && i < 12; i++) {
        if (memcmp(s->p, months[i], 3) == 0) {
            s->p += 3;
            *month = i + 1;
            return 1;
        }
    }
    return 0;
}

static int take_clock(scan *s, int *seconds)
{
    int hour, min, sec;

    if (!take_digits(s, 2, &hour) || !take_char(s, ':') ||
        !take_digits(s, 2, &min) || !take_char(s, ':') ||
        !take_digits(s, 2, &sec) || hour > 23 || min > 59 || sec > 59) {
        return 0;
    }
    *seconds = hour * 3600 + min * 60 + sec;
    return 1;
}

/* "18 Nov 2010 11:27:35", or with dashes and two digits of the year. */
static int take_date(scan *s, int *year, int *month, int *day, int *clock)
{
    char dash;

    if (!take_digits(s, 2, day) || s->p == s->end) {
        return 0;
    }
    dash = *s->p;
    if ((dash != ' ' && dash != '-') || !take_char(s, dash) ||
        !take_month(s, month) || !take_char(s, dash)) {
        return 0;
    }
    if (dash == ' ') {
        if (!take_digits(s, 4, year)) {
            return 0;
        }
    }
    else {
        if (!take_digits(s, 2, year)) {
            return 0;
        }
        *year += *year < 70 ? 2000 : 1900;
    }
    return take_char(s, ' ') && take_clock(s, clock);
}

/* "Nov  8 11:27:35 2010" */
static int take_asctime(scan *s, int *year, int *month, int *day, int *clock)
{
    int digit;

    if (!take_month(s, month) || s->p == s->end) {
        return 0;
    }
    s->p++; /* nginx takes any character here */
    take_char(s, ' ');
    if (!take_digits(s, 1, day)) {
        return 0;
    }
    if (s->p < s->end && *s->p != ' ') {
        if (!take_digits(s, 1, &digit)) {
            return 0;
        }
        *day = *day * 10 + digit;
    }
    return take_char(s, ' ') && take_clock(s, clock) && take_char(s, ' ') &&
           take_digits(s, 4, year);
}

int64_t lco_httptime_parse(const char *str, size_t len)
{
    static const int month_days[] = {31, 28, 31, 30, 31, 30,
                                     31, 31, 30, 31, 30, 31};
    scan s = {str, str + len};
    int year, month, day, clock, good;
    char mark = 0;

    /* the day's name, with a comma in the newer forms */
    while (s.p < s.end && !mark) {
        mark = *s.p == ',' || *s.p == ' ' ? *s.p : 0;
        s.p++;
    }
    while (s.p < s.end && *s.p == ' ') {
        s.p++;
    }
    good = mark == ' ' ? take_asctime(&s, &year, &month, &day, &clock)
                       : take_date(&s, &year, &month, &day, &clock);
    if (!good || day > month_days[month - 1] + (month == 2 && is_leap(year))) {
        return LCO_HTTPTIME_NONE;
    }
    return lco_days_from_civil(year, month, day) * DAY + clock;
}

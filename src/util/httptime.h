/* Times as HTTP writes them.  Pure functions, any thread. */
#ifndef LCO_UTIL_HTTPTIME_H
#define LCO_UTIL_HTTPTIME_H

#include <stddef.h>
#include <stdint.h>

enum {
    /* Room for any text of this file, without a NUL. */
    LCO_HTTPTIME_SIZE = 29
};

/* What lco_httptime_parse() gives for a text that is no time. */
#define LCO_HTTPTIME_NONE INT64_MIN

/* Seconds since 1970, of the Gregorian calendar; MONTH counts from 1, the day
 * may be out of the month's range. */
int64_t lco_days_from_civil(int64_t year, int month, int day);

/* "Thu, 18 Nov 2010 11:27:35 GMT".  Times before 1970 are written as its
 * beginning, those after 9999 as its end.  Returns the length, 29. */
size_t lco_httptime_format(char *buf, int64_t sec);

/* "Thu, 18-Nov-10 11:27:35 GMT", with the year in four digits from 2038 on.
 * Returns the length. */
size_t lco_httptime_cookie(char *buf, int64_t sec);

/* Reads the three forms of RFC 9110 (5.6.7), as forgiving as nginx: the name
 * of the day and what follows the time are not looked at. */
int64_t lco_httptime_parse(const char *s, size_t len);

#endif

/* Header fields; see field.h.  Any thread.
 *
 * Fields are cut as ap_get_mime_headers_core() (httpd's server/protocol.c)
 * cuts them, so that what it joined can be found again.
 */
#include "util/field.h"

#include <string.h>

static int is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Cuts a line off the head: *LEN becomes its length without its end. */
static char *cut_line(lco_fields *fields, size_t *len)
{
    char *line = fields->at, *lf;

    lf = memchr(line, '\n', (size_t) (fields->end - line));
    fields->at = lf ? lf + 1 : fields->end;
    if (!lf) {
        lf = fields->end;
    }
    if (lf > line && lf[-1] == '\r') {
        lf--;
    }
    while (lf > line && is_blank(lf[-1])) {
        lf--;
    }
    *len = (size_t) (lf - line);
    return line;
}

void lco_fields_begin(lco_fields *fields, char *s, size_t len)
{
    size_t line_len;

    fields->at = s;
    fields->end = s + len;
    (void) cut_line(fields, &line_len); /* the request line */
}

int lco_fields_next(lco_fields *fields, lco_field *field)
{
    char *line, *more, *colon;
    size_t len, more_len;

    while (fields->at < fields->end) {
        line = cut_line(fields, &len);
        if (!len) {
            fields->at = fields->end; /* the blank line: a body may follow */
            return 0;
        }
        while (fields->at < fields->end && is_blank(*fields->at)) {
            more = cut_line(fields, &more_len);
            while (more_len && is_blank(*more)) {
                more++;
                more_len--;
            }
            line[len++] = ' ';
            memmove(line + len, more, more_len);
            len += more_len;
        }
        colon = memchr(line, ':', len);
        if (!colon || colon == line) {
            continue;
        }
        field->name = line;
        field->name_len = (size_t) (colon - line);
        field->value = colon + 1;
        field->value_len = len - field->name_len - 1;
        while (field->value_len && is_blank(*field->value)) {
            field->value++;
            field->value_len--;
        }
        return 1;
    }
    return 0;
}

/* Delimiters, blanks, controls and anything past ASCII. */
static int bad_in_name(unsigned char c)
{
    return c <= ' ' || c >= 127 || strchr("\"(),/:;<=>?@[\\]{}", c);
}

/* Controls but the tab: CR and LF would end the field. */
static int bad_in_value(unsigned char c)
{
    return (c < ' ' && c != '\t') || c == 127;
}

static size_t escaped_len(const char *s, size_t len,
                          int (*bad)(unsigned char c))
{
    size_t i, n = len;

    for (i = 0; i < len; i++) {
        n += bad((unsigned char) s[i]) ? 2 : 0;
    }
    return n;
}

static size_t escape(char *dst, const char *s, size_t len,
                     int (*bad)(unsigned char c))
{
    static const char hex[] = "0123456789ABCDEF";
    char *d = dst;
    size_t i;

    for (i = 0; i < len; i++) {
        unsigned char c = (unsigned char) s[i];

        if (bad(c)) {
            *d++ = '%';
            *d++ = hex[c >> 4];
            *d++ = hex[c & 15];
        }
        else {
            *d++ = s[i];
        }
    }
    return (size_t) (d - dst);
}

size_t lco_field_name_len(const char *s, size_t len)
{
    return escaped_len(s, len, bad_in_name);
}

size_t lco_field_value_len(const char *s, size_t len)
{
    return escaped_len(s, len, bad_in_value);
}

size_t lco_field_name(char *dst, const char *s, size_t len)
{
    return escape(dst, s, len, bad_in_name);
}

size_t lco_field_value(char *dst, const char *s, size_t len)
{
    return escape(dst, s, len, bad_in_value);
}

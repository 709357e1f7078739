/* Header fields: a request's head taken apart, names and values escaped.
 *
 * Pure functions on bytes, any thread.
 */
#ifndef LCO_UTIL_FIELD_H
#define LCO_UTIL_FIELD_H

#include <stddef.h>

/* A head that is being read: lines that end in LF or CRLF. */
typedef struct lco_fields {
    char *at, *end;
} lco_fields;

typedef struct lco_field {
    const char *name;
    size_t name_len;
    const char *value; /* without blanks at its ends, folds made one blank */
    size_t value_len;
} lco_field;

/* Begins with the LEN bytes at S, a whole head with its request line.  Folded
 * values are joined where they stand. */
void lco_fields_begin(lco_fields *fields, char *s, size_t len);

/* The next field, or 0 at the blank line or the end.  Lines that are no fields
 * are left out.  FIELD points into the head. */
int lco_fields_next(lco_fields *fields, lco_field *field);

/* How long the LEN bytes at S are with everything escaped ("%0A") that may not
 * stand in a field's name, or in its value. */
size_t lco_field_name_len(const char *s, size_t len);
size_t lco_field_value_len(const char *s, size_t len);

/* Writes them so to DST, which has room for that.  Returns the length. */
size_t lco_field_name(char *dst, const char *s, size_t len);
size_t lco_field_value(char *dst, const char *s, size_t len);

#endif

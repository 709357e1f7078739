/* Header fields with several values; see multi.h. */
#include "util/multi.h"

#include <string.h>

#include <apr_cstr.h>
#include <apr_lib.h>
#include <apr_strings.h>
#include <apr_tables.h>

#include "util/field.h"

const char *lco_multi_join(apr_pool_t *pool, const char *name, int n,
                           const char *const *values)
{
    const char *sep = apr_cstr_casecmp(name, "Cookie") ? ", " : "; ";
    apr_size_t len = 0;
    char *text, *p;
    int i;

    for (i = 0; i < n; i++) {
        len += strlen(values[i]) + 2;
    }
    p = text = apr_palloc(pool, len + 1);
    for (i = 0; i < n; i++) {
        p = apr_cpystrn(p, i ? sep : "", 3);
        len = strlen(values[i]);
        memcpy(p, values[i], len);
        p += len;
    }
    *p = '\0';
    return text;
}

const lco_multi *lco_multi_add(apr_pool_t *pool, const lco_multi *list,
                               const char *name, const char *joined, int n,
                               const char *const *values)
{
    lco_multi *m = apr_palloc(pool, sizeof(*m));

    m->next = list;
    m->name = name;
    m->joined = joined;
    m->n = n;
    m->values = values;
    return m;
}

const lco_multi *lco_multi_find(const lco_multi *list, const char *name,
                                const char *joined)
{
    for (; list; list = list->next) {
        if (!apr_cstr_casecmp(list->name, name) &&
            !strcmp(list->joined, joined)) {
            return list;
        }
    }
    return NULL;
}

/* A bit for a name, so that most names need not be compared with any other. */
static apr_uint64_t bit_of(const lco_field *f)
{
    unsigned c = (unsigned char) apr_tolower(f->name[0]);

    return (apr_uint64_t) 1 << ((c * 7 + f->name_len) & 63);
}

static int same_name(const lco_field *a, const lco_field *b)
{
    return a->name_len == b->name_len &&
           !apr_cstr_casecmpn(a->name, b->name, a->name_len);
}

/* LIST with all fields of the name of FIELDS[FROM] before it. */
static const lco_multi *gather(apr_pool_t *pool, const lco_multi *list,
                               const apr_array_header_t *fields, int from)
{
    const lco_field *all = (const lco_field *) fields->elts;
    const char **values =
        apr_palloc(pool, sizeof(*values) * (apr_size_t) fields->nelts);
    const char *name = apr_pstrmemdup(pool, all[from].name, all[from].name_len);
    int i, n = 0;

    for (i = from; i < fields->nelts; i++) {
        if (same_name(&all[i], &all[from])) {
            values[n++] = apr_pstrmemdup(pool, all[i].value, all[i].value_len);
        }
    }
    /* httpd joins them all the same way, the Cookie header too. */
    return lco_multi_add(pool, list, name, lco_multi_join(pool, "", n, values),
                         n, values);
}

const lco_multi *lco_multi_read(apr_pool_t *pool, const lco_multi *list,
                                const char *head, size_t len)
{
    apr_array_header_t *fields = apr_array_make(pool, 16, sizeof(lco_field));
    apr_uint64_t bits = 0, twice = 0, bit;
    const lco_field *all;
    lco_fields cursor;
    lco_field f;
    int i, k;

    /* First without looking closely: most requests repeat no name. */
    lco_fields_begin(&cursor, apr_pmemdup(pool, head, len), len);
    while (lco_fields_next(&cursor, &f)) {
        bit = bit_of(&f);
        twice |= bits & bit;
        bits |= bit;
        APR_ARRAY_PUSH(fields, lco_field) = f;
    }
    all = (const lco_field *) fields->elts;
    for (i = 0; twice && i < fields->nelts; i++) {
        if (!(twice & bit_of(&all[i]))) {
            continue;
        }
        for (k = 0; k < i && !same_name(&all[k], &all[i]); k++) {
        }
        if (k < i) {
            continue; /* gathered with that one */
        }
        for (k = i + 1; k < fields->nelts; k++) {
            if (same_name(&all[k], &all[i])) {
                list = gather(pool, list, fields, i);
                break;
            }
        }
    }
    return list;
}

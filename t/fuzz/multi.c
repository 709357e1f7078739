/* Tables of header fields, the request's and the response's.
 *
 * The request's: what a table has joined is found again, value by value.  The
 * input is a head.
 *
 * The response's, and the request's where Lua sets them: whatever names and
 * values were set, what is sent are as many fields, no more, with those names
 * and values.  The same input, cut at each NUL: name, value, name, value... */
#include "util/multi.h"

#include <apr_general.h>
#include <apr_strings.h>
#include <apr_tables.h>

#include "fuzz.h"
#include "util/field.h"

static const char *copy(apr_pool_t *pool, const char *s, size_t len)
{
    return apr_pstrmemdup(pool, s, len);
}

/* As httpd reads a head: repeated fields become one, joined by ", ". */
static apr_table_t *read_table(apr_pool_t *pool, const char *head, size_t len)
{
    apr_table_t *table = apr_table_make(pool, 4);
    lco_fields fields;
    lco_field f;

    lco_fields_begin(&fields, apr_pmemdup(pool, head, len), len);
    while (lco_fields_next(&fields, &f)) {
        apr_table_mergen(table, copy(pool, f.name, f.name_len),
                         copy(pool, f.value, f.value_len));
    }
    return table;
}

static int count_fields(apr_pool_t *pool, const char *head, size_t len)
{
    lco_fields fields;
    lco_field f;
    int n = 0;

    lco_fields_begin(&fields, apr_pmemdup(pool, head, len), len);
    while (lco_fields_next(&fields, &f)) {
        n++;
    }
    return n;
}

static void request(apr_pool_t *pool, const char *head, size_t len)
{
    apr_table_t *table = read_table(pool, head, len);
    const apr_array_header_t *all = apr_table_elts(table);
    const apr_table_entry_t *e = (const apr_table_entry_t *) all->elts;
    const lco_multi *list = lco_multi_read(pool, NULL, head, len), *m;
    int fields = count_fields(pool, head, len), values = 0, i;

    for (i = 0; i < all->nelts; i++) {
        m = lco_multi_find(list, e[i].key, e[i].val);
        values += m ? m->n : 1;
        FUZZ_ASSERT(!m || m->n > 1);
        FUZZ_ASSERT(!m || !strcmp(lco_multi_join(pool, "x", m->n, m->values),
                                  e[i].val));
        /* Nothing is found behind another string, or for another name. */
        FUZZ_ASSERT(!lco_multi_find(list, e[i].key,
                                    apr_pstrcat(pool, e[i].val, "x", NULL)));
        FUZZ_ASSERT(!lco_multi_find(
            list, apr_pstrcat(pool, e[i].key, "x:", NULL), e[i].val));
    }
    FUZZ_ASSERT(values == fields);
}

static const char *escaped(apr_pool_t *pool, const char *s, size_t len,
                           size_t (*len_of)(const char *s, size_t len),
                           size_t (*write)(char *dst, const char *s,
                                           size_t len))
{
    char *out = apr_palloc(pool, len_of(s, len) + 1);

    out[write(out, s, len)] = '\0';
    return out;
}

static const char *trimmed(apr_pool_t *pool, const char *s)
{
    size_t len;

    s += strspn(s, " \t");
    for (len = strlen(s); len && (s[len - 1] == ' ' || s[len - 1] == '\t');) {
        len--;
    }
    return copy(pool, s, len);
}

static void response(apr_pool_t *pool, const char *s, size_t len)
{
    const char *end = s + len, *sent = "HTTP/1.1 200 OK\r\n";
    const char *names[64], *values[64];
    lco_fields fields;
    lco_field f;
    int n = 0, i;

    while (s < end && n < 64) {
        const char *stop = memchr(s, 0, (size_t) (end - s));
        size_t name_len = (size_t) ((stop ? stop : end) - s);

        names[n] =
            escaped(pool, s, name_len, lco_field_name_len, lco_field_name);
        s = stop ? stop + 1 : end;
        stop = memchr(s, 0, (size_t) (end - s));
        name_len = (size_t) ((stop ? stop : end) - s);
        /* A NUL may stand in a value: here it ends one with two of them. */
        if (stop && stop + 1 < end && !stop[1]) {
            name_len += 2;
            stop++;
        }
        values[n] =
            escaped(pool, s, name_len, lco_field_value_len, lco_field_value);
        s = stop ? stop + 1 : end;
        if (!*names[n]) {
            continue; /* no such field is taken */
        }
        sent = apr_pstrcat(pool, sent, names[n], ": ", values[n], "\r\n", NULL);
        n++;
    }
    sent = apr_pstrcat(pool, sent, "\r\nbody: 1\r\n", NULL);
    lco_fields_begin(&fields, (char *) sent, strlen(sent));
    for (i = 0; i < n; i++) {
        FUZZ_ASSERT(lco_fields_next(&fields, &f));
        FUZZ_ASSERT(!strcmp(copy(pool, f.name, f.name_len), names[i]));
        FUZZ_ASSERT(!strcmp(copy(pool, f.value, f.value_len),
                            trimmed(pool, values[i])));
    }
    FUZZ_ASSERT(!lco_fields_next(&fields, &f));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int ready;
    apr_pool_t *pool;
    char *s = fuzz_copy(data, size);

    if (!ready) {
        FUZZ_ASSERT(apr_initialize() == APR_SUCCESS);
        ready = 1;
    }
    FUZZ_ASSERT(apr_pool_create(&pool, NULL) == APR_SUCCESS);
    if (size && !memchr(s, 0, size)) { /* httpd refuses such a head */
        request(pool, s, size);
    }
    response(pool, s, size);
    apr_pool_destroy(pool);
    free(s);
    return 0;
}

/* Heads: the fields lie inside, in order; a name has no colon.  Escaped names
 * and values hold nothing that could end a field. */
#include "util/field.h"

#include "fuzz.h"

static void escape(const uint8_t *data, size_t size)
{
    char *s = fuzz_copy(data, size), *out;
    size_t n = lco_field_name_len(s, size), i;

    out = fuzz_room(n);
    FUZZ_ASSERT(lco_field_name(out, s, size) == n);
    for (i = 0; i < n; i++) {
        FUZZ_ASSERT(out[i] > ' ' && out[i] < 127 && out[i] != ':');
    }
    free(out);

    n = lco_field_value_len(s, size);
    out = fuzz_room(n);
    FUZZ_ASSERT(lco_field_value(out, s, size) == n);
    for (i = 0; i < n; i++) {
        FUZZ_ASSERT((unsigned char) out[i] >= ' ' || out[i] == '\t');
    }
    free(out);
    free(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *head = fuzz_copy(data, size), *last = head;
    lco_fields fields;
    lco_field f;

    lco_fields_begin(&fields, head, size);
    while (lco_fields_next(&fields, &f)) {
        FUZZ_ASSERT(f.name >= last && f.name_len > 0);
        FUZZ_ASSERT(!memchr(f.name, ':', f.name_len));
        FUZZ_ASSERT(f.value > f.name && f.value + f.value_len <= head + size);
        FUZZ_ASSERT(!f.value_len || (*f.value != ' ' && *f.value != '\t'));
        last = (char *) f.value + f.value_len;
    }
    FUZZ_ASSERT(!lco_fields_next(&fields, &f));
    free(head);
    escape(data, size);
    return 0;
}

/* Buckets over Lua strings, see lent.h.
 *
 * Made in the VM; read, split and destroyed on the owner of the connection
 * with the VM left, so that destroying one only leaves a note for the VM.
 */
#include "req/lent.h"

typedef struct lent {
    apr_bucket_refcount refcount; /* first: apr_bucket_shared_* want it so */
    const char *base;
    lco_vm *vm;
    int ref;
} lent;

static void lent_destroy(void *data)
{
    lent *s = data;

    if (apr_bucket_shared_destroy(s)) {
        lco_vm_drop_ref(s->vm, s->ref);
        apr_bucket_free(s);
    }
}

static apr_status_t lent_read(apr_bucket *b, const char **data, apr_size_t *len,
                              apr_read_type_e block)
{
    const lent *s = b->data;

    (void) block;
    *data = s->base + b->start;
    *len = b->length;
    return APR_SUCCESS;
}

static const apr_bucket_type_t lent_type = {
    "LUA STRING",
    5,
    APR_BUCKET_DATA,
    lent_destroy,
    lent_read,
    apr_bucket_setaside_noop,
    apr_bucket_shared_split,
    apr_bucket_shared_copy,
};

apr_bucket *lco_lent_create(lua_State *L, int idx, apr_bucket_alloc_t *list)
{
    apr_bucket *b;
    lent *s;
    size_t len;
    const char *data = lua_tolstring(L, idx, &len);
    int ref;

    lua_pushvalue(L, idx);
    ref = luaL_ref(L, LUA_REGISTRYINDEX);

    s = apr_bucket_alloc(sizeof(*s), list);
    s->base = data;
    s->vm = lco_vm_of(L);
    s->ref = ref;
    b = apr_bucket_alloc(sizeof(*b), list);
    APR_BUCKET_INIT(b);
    b->free = apr_bucket_free;
    b->list = list;
    b = apr_bucket_shared_make(b, s, 0, len);
    b->type = &lent_type;
    return b;
}

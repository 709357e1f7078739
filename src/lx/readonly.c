/* lx_only_reads_globals: may one closure of a factory serve several requests,
 * one after the other?
 *
 * It may if nobody could tell: if its code, functions inside it included, does
 * nothing with its environment but read names from it.  Lua says that nowhere,
 * but its compiler has worked it out: a name that is read is one instruction,
 * GETTABUP, and a write, or _ENV as a value, is another.  So the compiled code
 * is looked through, in the form that string.dump() gives it.  _G as a name
 * would read the environment itself.
 *
 * The form differs between Lua versions; where it is not known the answer is
 * no, which costs time and nothing else.
 */
#include "lx/lx.h"

#if LUA_VERSION_NUM != 503

int lx_only_reads_globals(lua_State *L)
{
    (void) L;
    return 0;
}

#else

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef struct dump {
    char *data;
    size_t len, cap;
} dump;

static int append(lua_State *L, const void *p, size_t len, void *ud)
{
    dump *d = ud;
    size_t cap = d->cap > 0 ? d->cap : 4096;
    char *grown;

    (void) L;
    while (cap - d->len < len) {
        cap *= 2;
    }
    if (cap != d->cap) {
        grown = realloc(d->data, cap);
        if (grown == NULL) {
            return 1;
        }
        d->data = grown;
        d->cap = cap;
    }
    if (len > 0) {
        memcpy(d->data + d->len, p, len);
        d->len += len;
    }
    return 0;
}

/* What is read; P is NULL once something was not as expected. */
typedef struct reader {
    const char *p, *end;
} reader;

static const char *take(reader *r, size_t len)
{
    const char *p = r->p;

    if (p == NULL || (size_t) (r->end - p) < len) {
        r->p = NULL;
        return NULL;
    }
    r->p = p + len;
    return p;
}

static unsigned take_byte(reader *r)
{
    const char *p = take(r, 1);

    return p != NULL ? (unsigned char) *p : 0;
}

static size_t take_count(reader *r)
{
    int n = 0;
    const char *p = take(r, sizeof(n));

    if (p != NULL) {
        memcpy(&n, p, sizeof(n));
    }
    if (n < 0) {
        r->p = NULL;
        n = 0;
    }
    return (size_t) n;
}

/* Is it "_G"? */
static int take_string(reader *r)
{
    size_t len = take_byte(r);
    const char *p;

    if (len == 0xFF) {
        p = take(r, sizeof(len));
        if (p != NULL) {
            memcpy(&len, p, sizeof(len));
        }
    }
    if (len == 0) {
        return 0;
    }
    p = take(r, len - 1);
    return p != NULL && len == 3 && memcmp(p, "_G", 2) == 0;
}

/* Is "_G" among the constants? */
static int take_constants(reader *r)
{
    size_t n = take_count(r);
    int found = 0;

    for (; n > 0 && r->p != NULL; n--) {
        switch (take_byte(r)) {
        case LUA_TNIL:
            break;
        case LUA_TBOOLEAN:
            (void) take_byte(r);
            break;
        case LUA_TNUMBER:
            (void) take(r, sizeof(lua_Number));
            break;
        case LUA_TNUMBER | 16:
            (void) take(r, sizeof(lua_Integer));
            break;
        case LUA_TSTRING:
        case LUA_TSTRING | 16:
            found |= take_string(r);
            break;
        default:
            r->p = NULL;
            break;
        }
    }
    return found;
}

static void skip_debug(reader *r)
{
    size_t n;

    (void) take(r, take_count(r) * sizeof(int)); /* lines */
    for (n = take_count(r); n > 0 && r->p != NULL; n--) {
        (void) take_string(r);
        (void) take(r, 2 * sizeof(int));
    }
    for (n = take_count(r); n > 0 && r->p != NULL; n--) {
        (void) take_string(r);
    }
}

enum {
    OP_GETUPVAL = 5,
    OP_GETTABUP = 6,
    OP_SETTABUP = 8,
    OP_SETUPVAL = 9,
    CONSTANT = 256 /* an operand that is one, and no register */
};

/* Which upvalues of a function are the environment. */
typedef struct upvalues {
    char is_env[256];
} upvalues;

/* Do the N instructions at P only read constant names of the environment? */
static int only_reads(const char *p, size_t n, const upvalues *up)
{
    uint32_t i;
    unsigned a, b, c;

    for (; n > 0; n--, p += sizeof(i)) {
        memcpy(&i, p, sizeof(i));
        a = i >> 6 & 0xFF;
        c = i >> 14 & 0x1FF;
        b = i >> 23 & 0x1FF;
        switch (i & 0x3F) {
        case OP_GETUPVAL:
        case OP_SETUPVAL:
            if (up->is_env[b & 0xFF]) {
                return 0;
            }
            break;
        case OP_GETTABUP:
            if (up->is_env[b & 0xFF] && !(c & CONSTANT)) {
                return 0;
            }
            break;
        case OP_SETTABUP:
            if (up->is_env[a]) {
                return 0;
            }
            break;
        default:
            break;
        }
    }
    return 1;
}

/* Reads one function and those inside it.  OUTER: the upvalues of the function
 * around it; NULL for the factory, whose register 0 is the environment of the
 * function in it (OUTER_IS_FACTORY). */
static int look(reader *r, const upvalues *outer, int outer_is_factory)
{
    upvalues up;
    const char *code, *pair;
    size_t ncode, n, i;
    int good, is_factory = outer == NULL;

    memset(&up, 0, sizeof(up));
    (void) take_string(r);           /* source */
    (void) take(r, 2 * sizeof(int)); /* lines */
    (void) take(r, 3);               /* parameters, vararg, stack */
    ncode = take_count(r);
    code = take(r, ncode * sizeof(uint32_t));
    good = !take_constants(r);

    n = take_count(r);
    for (i = 0; i < n && r->p != NULL; i++) {
        pair = take(r, 2); /* in the outer function's stack?  its number */
        if (pair == NULL || i > 255 || outer == NULL) {
            continue;
        }
        up.is_env[i] = outer_is_factory
                           ? pair[0] == 1 && pair[1] == 0
                           : !pair[0] && outer->is_env[(unsigned char) pair[1]];
    }
    good = good && code != NULL && (is_factory || only_reads(code, ncode, &up));

    n = take_count(r);
    for (i = 0; i < n && good && r->p != NULL; i++) {
        good = look(r, &up, is_factory);
    }
    if (good) {
        skip_debug(r);
    }
    return good && r->p != NULL;
}

int lx_only_reads_globals(lua_State *L)
{
    /* signature, version, format, data, five sizes; an integer and a float;
     * the number of upvalues */
    const size_t header =
        4 + 1 + 1 + 6 + 5 + sizeof(lua_Integer) + sizeof(lua_Number) + 1;
    dump d = {NULL, 0, 0};
    reader r;
    int good = 0;

    if (!lua_iscfunction(L, -1) && lua_dump(L, append, &d, 1) == 0) {
        r.p = d.data;
        r.end = d.data + d.len;
        (void) take(&r, header);
        good = look(&r, NULL, 0);
    }
    free(d.data);
    return good;
}

#endif

/* Preloaded after the thread sanitizer's runtime: what that does not see of
 * libraries that are not instrumented.
 *
 * APR's atomic operations order memory for httpd (the stack of pools that the
 * event MPM gives from one connection to the next lives on them).  Here they
 * are the compiler's, which the runtime knows.
 *
 * Debian's Lua is built with _FORTIFY_SOURCE and raises errors by
 * __longjmp_chk(), which gcc 12's runtime does not know: the frames that an
 * error leaves stayed on its own stack, reports showed calls that never were
 * and every allocation kept an ever longer trace. */
#undef _FORTIFY_SOURCE
#include <apr_atomic.h>

#include <setjmp.h>

_Noreturn void __longjmp_chk(struct __jmp_buf_tag *env, int value);

_Noreturn void __longjmp_chk(struct __jmp_buf_tag *env, int value)
{
    longjmp(env, value);
}

#define ORDER __ATOMIC_SEQ_CST

/* A type cannot stand in parentheses.
 * NOLINTBEGIN(bugprone-macro-parentheses) */
#define ATOMICS(type, bits)                                                    \
    type apr_atomic_read##bits(volatile type *mem)                             \
    {                                                                          \
        return __atomic_load_n(mem, ORDER);                                    \
    }                                                                          \
    void apr_atomic_set##bits(volatile type *mem, type value)                  \
    {                                                                          \
        __atomic_store_n(mem, value, ORDER);                                   \
    }                                                                          \
    type apr_atomic_add##bits(volatile type *mem, type value)                  \
    {                                                                          \
        return __atomic_fetch_add(mem, value, ORDER);                          \
    }                                                                          \
    void apr_atomic_sub##bits(volatile type *mem, type value)                  \
    {                                                                          \
        __atomic_fetch_sub(mem, value, ORDER);                                 \
    }                                                                          \
    type apr_atomic_inc##bits(volatile type *mem)                              \
    {                                                                          \
        return __atomic_fetch_add(mem, 1, ORDER);                              \
    }                                                                          \
    int apr_atomic_dec##bits(volatile type *mem)                               \
    {                                                                          \
        return __atomic_sub_fetch(mem, 1, ORDER) != 0;                         \
    }                                                                          \
    type apr_atomic_cas##bits(volatile type *mem, type with, type cmp)         \
    {                                                                          \
        __atomic_compare_exchange_n(mem, &cmp, with, 0, ORDER, ORDER);         \
        return cmp;                                                            \
    }                                                                          \
    type apr_atomic_xchg##bits(volatile type *mem, type value)                 \
    {                                                                          \
        return __atomic_exchange_n(mem, value, ORDER);                         \
    }
/* NOLINTEND(bugprone-macro-parentheses) */

ATOMICS(apr_uint32_t, 32)
ATOMICS(apr_uint64_t, 64)

void *apr_atomic_casptr(volatile void **mem, void *with, const void *cmp)
{
    volatile void *found = (volatile void *) cmp;

    __atomic_compare_exchange_n(mem, &found, with, 0, ORDER, ORDER);
    return (void *) found;
}

void *apr_atomic_xchgptr(volatile void **mem, void *with)
{
    return (void *) __atomic_exchange_n(mem, with, ORDER);
}

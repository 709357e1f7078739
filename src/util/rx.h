/* rx: PCRE2, as far as ngx.re needs it: compile, match, free.
 *
 * An environment holds what the patterns of one user (a VM) share: limits, the
 * stack of the JIT's code, the memory that a match works in.  It serves one
 * match at a time; the offsets that a match gives are valid until the next
 * match in the same environment.
 *
 * Thread: one at a time for each environment.  No Lua, no httpd.
 */
#ifndef LCO_RX_H
#define LCO_RX_H

#include <stddef.h>
#include <stdint.h>

typedef struct lco_rx_env lco_rx_env;

/* The options, one bit for each letter of lua-nginx-module's. */
enum {
    LCO_RX_ANCHORED = 1 << 0,  /* a */
    LCO_RX_DFA = 1 << 1,       /* d: the longest match */
    LCO_RX_DUPNAMES = 1 << 2,  /* D */
    LCO_RX_CASELESS = 1 << 3,  /* i */
    LCO_RX_JIT = 1 << 4,       /* j */
    LCO_RX_JS = 1 << 5,        /* J */
    LCO_RX_MULTILINE = 1 << 6, /* m */
    LCO_RX_ONCE = 1 << 7,      /* o: for the caller's cache, not looked at */
    LCO_RX_DOTALL = 1 << 8,    /* s */
    LCO_RX_UTF = 1 << 9,       /* u */
    LCO_RX_UTF_ANY = 1 << 10,  /* U: any bytes do; comes with LCO_RX_UTF */
    LCO_RX_EXTENDED = 1 << 11  /* x */
};

/* What lco_rx_match() returns below zero: no match, or an error.  These two
 * numbers are the documented ones of ngx.re, the others are PCRE2's. */
enum {
    LCO_RX_NOMATCH = -1,
    LCO_RX_MATCHLIMIT = -8,
    LCO_RX_BADUTF = -10,
    LCO_RX_JITSTACK = -27
};

/* How long an error message of lco_rx_compile() may be, with its NUL. */
#define LCO_RX_ERRSIZE 256

/* The least size of the JIT's stack. */
#define LCO_RX_JIT_STACK_MIN ((size_t) 32 * 1024)

/* A compiled pattern, memory of the caller.  All zero: none. */
typedef struct lco_rx {
    void *code; /* pcre2_code */
    unsigned opts;
    uint32_t ncaptures; /* groups; 0 with LCO_RX_DFA */
    uint32_t nnames, name_size;
    const unsigned char *names; /* nnames entries of name_size bytes: number
                                   of the group in two, then the name */
    unsigned utf : 1;           /* by option or by (*UTF) in the pattern */
    unsigned check : 1;         /* subjects must be valid UTF-8 */
    unsigned jit : 1;           /* machine code was made */
    int jit_error;              /* why it was not, though asked for; 0: fine */
} lco_rx;

/* The options in the LEN bytes at S, or -1: then *BAD is where an unknown
 * letter stands. */
int lco_rx_options(const char *s, size_t len, size_t *bad);

/* MATCH_LIMIT 0: PCRE2's own.  NULL: no memory. */
lco_rx_env *lco_rx_env_create(uint32_t match_limit);
void lco_rx_env_free(lco_rx_env *env);

/* Gives the JIT's code a stack of up to SIZE bytes in place of 32 KB of the
 * thread's.  Returns 0, or -1 where there is no JIT or no memory. */
int lco_rx_env_jit_stack(lco_rx_env *env, size_t size);

/* Compiles LEN bytes of pattern.  Returns 0; or -1 with a message in ERR
 * (LCO_RX_ERRSIZE bytes), and nothing to free in RX. */
int lco_rx_compile(lco_rx_env *env, const char *pattern, size_t len,
                   unsigned opts, lco_rx *rx, char *err);
void lco_rx_free(lco_rx *rx);

/* Bytes of memory that RX holds outside of its struct. */
size_t lco_rx_size(const lco_rx *rx);

/* Matches from POS on.  VALID: the subject is known to be valid UTF-8 and POS
 * to be where a character begins (after lco_rx_next()), so it is not read
 * through again.  Returns the number of pairs in *OV that the match set, 1 or
 * more, or one of the numbers below zero above.  All of the first
 * ncaptures + 1 pairs may be read; LCO_RX_UNSET in those that took no part.
 * The first pair is in order even if the pattern plays tricks with \K. */
#define LCO_RX_UNSET (~(size_t) 0)
int lco_rx_match(lco_rx_env *env, const lco_rx *rx, const char *s, size_t len,
                 size_t pos, int valid, const size_t **ov);

/* Where to look for the next match after one from START to END: at END, or
 * after an empty match behind the next byte, the next character in a pattern
 * for UTF-8.  LEN + 1: nowhere. */
size_t lco_rx_next(const lco_rx *rx, const char *s, size_t len, size_t start,
                   size_t end);

#endif

/* rx: PCRE2, as far as ngx.re needs it; see rx.h.
 *
 * Hard part: nothing that a pattern and a subject can do may end the process.
 * So the heap that backtracking takes is bounded (PCRE2 would take 20 GB), so
 * is the depth of recursion of a DFA match, which uses the thread's stack; and
 * the option U, "no check", which PCRE2 punishes with undefined behaviour on
 * invalid UTF-8, is compiled as "invalid UTF-8 matches nothing".
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "util/rx.h"

#include <pcre2.h>

#include <stdlib.h>
#include <string.h>

enum {
    HEAP_LIMIT_KB = 256 * 1024,
    DFA_DEPTH_LIMIT = 1000, /* some 1 KB of stack each */
    DFA_WORKSPACE = 1000,   /* ints */
    BIG_SUBJECT = 64 * 1024
};

struct lco_rx_env {
    pcre2_general_context *gctx;
    pcre2_compile_context *cctx;
    pcre2_match_context *mctx, *dfa_mctx;
    pcre2_match_data *data; /* the largest that was needed so far */
    uint32_t pairs;         /* that fit into it */
    int bloated;            /* its heap may have grown large */
    pcre2_jit_stack *jit_stack;
    size_t none[2]; /* an unset pair, for errors */
};

int lco_rx_options(const char *s, size_t len, size_t *bad)
{
    int opts = 0;
    size_t i;

    for (i = 0; i < len; i++) {
        switch (s[i]) {
        case 'a':
            opts |= LCO_RX_ANCHORED;
            break;
        case 'd':
            opts |= LCO_RX_DFA;
            break;
        case 'D':
            opts |= LCO_RX_DUPNAMES;
            break;
        case 'i':
            opts |= LCO_RX_CASELESS;
            break;
        case 'j':
            opts |= LCO_RX_JIT;
            break;
        case 'J':
            opts |= LCO_RX_JS;
            break;
        case 'm':
            opts |= LCO_RX_MULTILINE;
            break;
        case 'o':
            opts |= LCO_RX_ONCE;
            break;
        case 's':
            opts |= LCO_RX_DOTALL;
            break;
        case 'u':
            opts |= LCO_RX_UTF;
            break;
        case 'U':
            opts |= LCO_RX_UTF | LCO_RX_UTF_ANY;
            break;
        case 'x':
            opts |= LCO_RX_EXTENDED;
            break;
        default:
            *bad = i;
            return -1;
        }
    }
    return opts;
}

/* PCRE2's options for ours. */
static uint32_t compile_options(unsigned opts)
{
    static const struct {
        unsigned ours;
        uint32_t theirs;
    } table[] = {
        {LCO_RX_ANCHORED, PCRE2_ANCHORED},
        {LCO_RX_DUPNAMES, PCRE2_DUPNAMES},
        {LCO_RX_CASELESS, PCRE2_CASELESS},
        {LCO_RX_JS,
         PCRE2_ALT_BSUX | PCRE2_ALLOW_EMPTY_CLASS | PCRE2_MATCH_UNSET_BACKREF},
        {LCO_RX_MULTILINE, PCRE2_MULTILINE},
        {LCO_RX_DOTALL, PCRE2_DOTALL},
        {LCO_RX_UTF, PCRE2_UTF},
        {LCO_RX_EXTENDED, PCRE2_EXTENDED},
    };
    uint32_t result = 0;
    size_t i;

    for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        if (opts & table[i].ours) {
            result |= table[i].theirs;
        }
    }
    /* pcre2_dfa_match() cannot take it: there subjects are checked. */
    if ((opts & LCO_RX_UTF_ANY) && !(opts & LCO_RX_DFA)) {
        result |= PCRE2_MATCH_INVALID_UTF;
    }
    return result;
}

lco_rx_env *lco_rx_env_create(uint32_t match_limit)
{
    lco_rx_env *env = calloc(1, sizeof(*env));

    if (!env) {
        return NULL;
    }
    env->none[0] = env->none[1] = LCO_RX_UNSET;
    env->gctx = pcre2_general_context_create(NULL, NULL, NULL);
    env->cctx = pcre2_compile_context_create(env->gctx);
    env->mctx = pcre2_match_context_create(env->gctx);
    env->dfa_mctx = pcre2_match_context_create(env->gctx);
    if (!env->gctx || !env->cctx || !env->mctx || !env->dfa_mctx) {
        lco_rx_env_free(env);
        return NULL;
    }
    pcre2_set_heap_limit(env->mctx, HEAP_LIMIT_KB);
    pcre2_set_heap_limit(env->dfa_mctx, HEAP_LIMIT_KB);
    pcre2_set_depth_limit(env->dfa_mctx, DFA_DEPTH_LIMIT);
    if (match_limit) {
        pcre2_set_match_limit(env->mctx, match_limit);
        pcre2_set_match_limit(env->dfa_mctx, match_limit);
    }
    return env;
}

void lco_rx_env_free(lco_rx_env *env)
{
    if (!env) {
        return;
    }
    pcre2_match_data_free(env->data);
    pcre2_jit_stack_free(env->jit_stack);
    pcre2_match_context_free(env->dfa_mctx);
    pcre2_match_context_free(env->mctx);
    pcre2_compile_context_free(env->cctx);
    pcre2_general_context_free(env->gctx);
    free(env);
}

int lco_rx_env_jit_stack(lco_rx_env *env, size_t size)
{
    pcre2_jit_stack *stack;

    if (size < LCO_RX_JIT_STACK_MIN) {
        size = LCO_RX_JIT_STACK_MIN;
    }
    stack = pcre2_jit_stack_create(LCO_RX_JIT_STACK_MIN, size, env->gctx);
    if (!stack) {
        return -1;
    }
    pcre2_jit_stack_assign(env->mctx, NULL, stack);
    pcre2_jit_stack_free(env->jit_stack);
    env->jit_stack = stack;
    return 0;
}

/* Appends LEN bytes to the text in ERR, up to a NUL or ERR's end. */
static void append(char *err, const char *s, size_t len)
{
    size_t have = strlen(err), room = LCO_RX_ERRSIZE - 1 - have;

    len = strnlen(s, len < room ? len : room);
    memcpy(err + have, s, len);
    err[have + len] = '\0';
}

/* The message of a failed compilation, cut where ERR ends. */
static void explain(int code, size_t at, const char *pattern, size_t len,
                    char *err)
{
    PCRE2_UCHAR why[128];

    pcre2_get_error_message(code, why, sizeof(why));
    strcpy(err, "pcre2_compile() failed: ");
    append(err, (const char *) why, sizeof(why));
    append(err, " in \"", 5);
    append(err, pattern, len);
    if (at < len) {
        append(err, "\" at \"", 6);
        append(err, pattern + at, len - at);
    }
    append(err, "\"", 1);
}

int lco_rx_compile(lco_rx_env *env, const char *pattern, size_t len,
                   unsigned opts, lco_rx *rx, char *err)
{
    int code, rc;
    PCRE2_SIZE at;
    uint32_t all;
    pcre2_code *re =
        pcre2_compile((PCRE2_SPTR) pattern, len, compile_options(opts), &code,
                      &at, env->cctx);

    memset(rx, 0, sizeof(*rx));
    if (!re) {
        explain(code, at, pattern, len, err);
        return -1;
    }
    rx->code = re;
    rx->opts = opts;
    /* Of these calls with a valid pattern and a valid WHAT none can fail. */
    (void) pcre2_pattern_info(re, PCRE2_INFO_CAPTURECOUNT, &rx->ncaptures);
    (void) pcre2_pattern_info(re, PCRE2_INFO_NAMECOUNT, &rx->nnames);
    (void) pcre2_pattern_info(re, PCRE2_INFO_NAMEENTRYSIZE, &rx->name_size);
    (void) pcre2_pattern_info(re, PCRE2_INFO_NAMETABLE, &rx->names);
    (void) pcre2_pattern_info(re, PCRE2_INFO_ALLOPTIONS, &all);
    rx->utf = (all & PCRE2_UTF) != 0;
    rx->check = rx->utf && !(all & PCRE2_MATCH_INVALID_UTF);
    if (opts & LCO_RX_DFA) {
        rx->ncaptures = 0;
    }
    else if (opts & LCO_RX_JIT) {
        size_t jit = 0;

        rc = pcre2_jit_compile(re, PCRE2_JIT_COMPLETE);
        rx->jit_error = rc;
        /* (*NO_JIT) in the pattern is no error. */
        (void) pcre2_pattern_info(re, PCRE2_INFO_JITSIZE, &jit);
        rx->jit = jit > 0;
    }
    return 0;
}

void lco_rx_free(lco_rx *rx)
{
    pcre2_code_free(rx->code);
    rx->code = NULL;
}

size_t lco_rx_size(const lco_rx *rx)
{
    size_t size = 0, jit = 0;

    (void) pcre2_pattern_info(rx->code, PCRE2_INFO_SIZE, &size);
    (void) pcre2_pattern_info(rx->code, PCRE2_INFO_JITSIZE, &jit);
    return size + jit;
}

/* Makes room for PAIRS pairs, and gives back what a match on a big subject
 * may have left behind: PCRE2 keeps its heap with the match data. */
static int prepare(lco_rx_env *env, uint32_t pairs)
{
    if (env->data && pairs <= env->pairs && !env->bloated) {
        return 0;
    }
    pcre2_match_data_free(env->data);
    env->bloated = 0;
    env->pairs = pairs > 16 ? pairs : 16;
    env->data = pcre2_match_data_create(env->pairs, env->gctx);
    return env->data ? 0 : -1;
}

/* PCRE2's number as ngx.re reports it.  Two are documented with the numbers
 * that they had in the first PCRE; one of PCRE2's, for a kind of invalid
 * UTF-8, would be taken for the first of these. */
static int report(int rc)
{
    switch (rc) {
    case PCRE2_ERROR_MATCHLIMIT:
        return LCO_RX_MATCHLIMIT;
    case PCRE2_ERROR_JIT_STACKLIMIT:
        return LCO_RX_JITSTACK;
    case PCRE2_ERROR_UTF8_ERR6:
        return LCO_RX_BADUTF;
    default:
        return rc;
    }
}

int lco_rx_match(lco_rx_env *env, const lco_rx *rx, const char *s, size_t len,
                 size_t pos, int valid, const size_t **result)
{
    uint32_t flags = 0;
    size_t *ov;
    int rc;

    *result = env->none;
    if (prepare(env, rx->ncaptures + 1)) {
        return PCRE2_ERROR_NOMEMORY;
    }
    /* \C can leave a match in the middle of a character. */
    if (valid && rx->check && pos <= len &&
        (pos == len || ((unsigned char) s[pos] & 0xC0) != 0x80)) {
        flags = PCRE2_NO_UTF_CHECK;
    }
    if (rx->opts & LCO_RX_DFA) {
        int ws[DFA_WORKSPACE];

        rc = pcre2_dfa_match(rx->code, (PCRE2_SPTR) s, len, pos, flags,
                             env->data, env->dfa_mctx, ws, DFA_WORKSPACE);
        /* There were shorter matches beside this one. */
        if (rc >= 0) {
            rc = 1;
        }
    }
    else if (rx->jit && pos <= len && (!rx->utf || flags)) {
        /* What pcre2_match() would do, without its checks. */
        rc = pcre2_jit_match(rx->code, (PCRE2_SPTR) s, len, pos, 0, env->data,
                             env->mctx);
    }
    else {
        rc = pcre2_match(rx->code, (PCRE2_SPTR) s, len, pos, flags, env->data,
                         env->mctx);
    }
    if (!rx->jit && len > BIG_SUBJECT) {
        env->bloated = 1;
    }
    if (rc < 0) {
        return report(rc);
    }
    ov = pcre2_get_ovector_pointer(env->data);
    if (ov[0] > ov[1]) {
        ov[0] = ov[1];
    }
    *result = ov;
    return rc;
}

size_t lco_rx_next(const lco_rx *rx, const char *s, size_t len, size_t start,
                   size_t end)
{
    if (start < end) {
        return end;
    }
    end++;
    if (rx->utf) {
        while (end < len && ((unsigned char) s[end] & 0xC0) == 0x80) {
            end++;
        }
    }
    return end;
}

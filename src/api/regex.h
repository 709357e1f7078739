/* What the files of ngx.re share: the patterns of a VM and their cache.
 *
 * Each function of ngx.re is a closure with the same upvalues:
 *   1  the VM's lco_re_vm
 *   2  the cache: options (an integer) -> { pattern -> userdata of lco_re },
 *      and address of lco_re -> the same userdata, whose user value is the
 *      pattern
 *   3  the metatable of lco_re
 *   4  the metatable of what gsub keeps while its function runs
 *
 * A pattern is a userdata.  One that is not cached belongs to the call that
 * made it, which frees it when it is done; where an error cuts the call short,
 * the collector does.  One that is, or was, cached may be in use by several
 * calls that wait, so only the collector frees it.
 *
 * Thread: inside the VM.
 */
#ifndef LCO_API_REGEX_H
#define LCO_API_REGEX_H

#include <sys/queue.h>

#include "lx/lx.h"
#include "util/rx.h"

typedef struct lco_re {
    lco_rx rx;
    int own;                 /* of one call: never was in the cache */
    unsigned busy;           /* by lco_re_take_short(): it may not be evicted */
    const char *pattern;     /* while it is cached: Lua's string, which the
                                cache holds */
    TAILQ_ENTRY(lco_re) lru; /* while it is cached */
} lco_re;

enum {
    LCO_RE_UPVALUES = 4,
    LCO_RE_RECENT = 64 /* a power of two */
};

typedef struct lco_re_vm {
    lco_rx_env *env;                     /* NULL once the VM is being closed */
    TAILQ_HEAD(lco_re_list, lco_re) lru; /* the last used first */
    unsigned cached, max;
    struct lco_re *recent[LCO_RE_RECENT]; /* cached ones, by the addresses of
                                             their patterns */
    int filled; /* something has been cached: the JIT's stack stays */
    int warned; /* that the cache is full */
} lco_re_vm;

/* The VM's record; raises where the VM is being closed. */
LX_RAISES lco_re_vm *lco_re_vm_of(lua_State *L);

/* The pattern of the arguments numbered REGEX and OPTS, from the cache or
 * compiled: [-0, +1], its userdata.  NULL where it cannot be compiled: [-0,
 * +1], the message.  Raises for arguments of wrong types and unknown
 * options. */
LX_RAISES lco_re *lco_re_take(lua_State *L, lco_re_vm *vm, int regex, int opts);

/* The same for a call that runs no Lua of its own before it is done: what the
 * cache has is not pushed, [-0, +0 or +1], but counted as busy.  The caller
 * counts down; where an error keeps it from that, the pattern stays in the
 * cache for good. */
LX_RAISES lco_re *lco_re_take_short(lua_State *L, lco_re_vm *vm, int regex,
                                    int opts);

/* The call is done with RE, which is not touched any more. */
void lco_re_drop(lco_re *re);

/* lco_rx_match(), with the offsets in OV, which lco_re_room() gave.  What a
 * match leaves in the environment must not be relied on where Lua allocates:
 * that may run finalizers, and these may match. */
int lco_re_match(lco_re_vm *vm, const lco_re *re, const char *s, size_t len,
                 size_t pos, int valid, size_t *ov);

/* Room for the offsets of RE's matches: FEW, or where these are too few a
 * userdata that is pushed.  [-0, +0 or +1] */
enum {
    LCO_RE_FEW = 16
};
LX_RAISES size_t *lco_re_room(lua_State *L, const lco_re *re,
                              size_t few[2 * LCO_RE_FEW]);

/* Makes the argument ARG a string, as tostring() does, and returns it. */
LX_RAISES const char *lco_re_subject(lua_State *L, int arg, size_t *len);

/* Pushes the table of what the match of RE in S set: RC, OV are of
 * lco_rx_match().  RES: the index of a table to fill instead, 0: none.
 * [-0, +1] */
LX_RAISES void lco_re_push_captures(lua_State *L, const lco_re *re,
                                    const char *s, int rc, const size_t *ov,
                                    int res);

/* The results of a call whose match failed: NILS nils, and "pcre_exec()
 * failed: RC" unless there just was no match.  [-0, +NILS + 1] */
LX_RAISES int lco_re_push_error(lua_State *L, int rc, int nils);

/* The field "pos" of the table that is argument ARG.  NIL is what no field
 * counts as. */
LX_RAISES double lco_re_get_pos(lua_State *L, int arg, double nil);
LX_RAISES void lco_re_set_pos(lua_State *L, int arg, size_t pos);

/* One line in the error log; LEVEL is APLOG_*. */
void lco_re_log(lua_State *L, int level, const char *msg);

/* regex_sub.c: fills the table on the stack top with sub and gsub, and the
 * metatable that is upvalue 4.  [-0, +0] */
extern const luaL_Reg lco_re_sub_funcs[];
extern const luaL_Reg lco_re_sub_meta[];
/* regex_split.c: what require "ngx.re" gives. */
extern const luaL_Reg lco_re_module_funcs[];

#endif

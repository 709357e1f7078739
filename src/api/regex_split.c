/* require "ngx.re": split and opt.
 *
 * Thread: inside the VM, any phase.
 */
#include "api/regex.h"

#include "api/common.h"

#include <string.h>

/* The stack of ngx_re.split. */
enum {
    SUBJECT = 1,
    REGEX,
    OPTS,
    CTX,
    MAX,
    RES,
    PATTERN
};

/* Positions count from 0, and an empty match does not end a piece before
 * something else has been found behind it: "" splits into characters. */
typedef struct lco_split {
    lco_re_vm *vm;
    lco_re *re;
    const char *s;
    size_t len;
    size_t pos;   /* where the next match begins */
    size_t piece; /* where the present piece begins */
    lua_Integer n;
} lco_split;

/* res[n] = the LEN bytes at S. */
static void add(lua_State *L, lco_split *sp, const char *s, size_t len)
{
    lua_pushlstring(L, s, len);
    lua_rawseti(L, RES, ++sp->n);
}

/* Cuts at the next match.  1: cut; 0: passed by an empty match; LCO_RX_NOMATCH,
 * or an error. */
static int cut(lua_State *L, lco_split *sp)
{
    const size_t *found;
    size_t ov[4];
    int rc;

    if (sp->pos > sp->len) {
        return LCO_RX_NOMATCH;
    }
    rc = lco_rx_match(sp->vm->env, &sp->re->rx, sp->s, sp->len, sp->pos, 0,
                      &found);
    if (rc < 0) {
        return rc;
    }
    /* Another match may come in between, see lco_re_match(). */
    memcpy(ov, found, (rc > 1 ? 4 : 2) * sizeof(*ov));
    sp->pos = lco_rx_next(&sp->re->rx, sp->s, sp->len, ov[0], ov[1]);
    if (ov[0] == ov[1] && ov[0] <= sp->piece) {
        return 0;
    }
    add(L, sp, sp->s + sp->piece, ov[0] > sp->piece ? ov[0] - sp->piece : 0);
    if (rc > 1 && ov[2] != LCO_RX_UNSET) {
        add(L, sp, sp->s + ov[2], ov[3] - ov[2]);
    }
    sp->piece = ov[1];
    return 1;
}

static int cut_all(lua_State *L, lco_split *sp, double max)
{
    double pieces = 1;
    int rc;

    while (!(max > 0) || pieces < max) { /* NaN is no limit either */
        rc = cut(L, sp);
        if (rc < 0) {
            return rc;
        }
        pieces += rc;
        if (sp->piece >= sp->len) {
            break;
        }
    }
    return LCO_RX_NOMATCH;
}

/* Adds the rest, or takes empty pieces at the end away. */
static void finish(lua_State *L, lco_split *sp, double max)
{
    if (max > 0 || sp->piece < sp->len) {
        add(L, sp, sp->s + sp->piece, sp->len - sp->piece);
    }
    else {
        while (sp->n > 0) {
            size_t len;

            lua_rawgeti(L, RES, sp->n);
            len = lua_rawlen(L, -1);
            lua_pop(L, 1);
            if (len) {
                break;
            }
            lua_pushnil(L);
            lua_rawseti(L, RES, sp->n--);
        }
    }
    lua_pushnil(L);
    lua_rawseti(L, RES, sp->n + 1);
}

/* ngx_re.split(subject, regex [, options [, ctx [, max [, res]]]]) */
static int re_split(lua_State *L)
{
    lco_split sp = {.vm = lco_re_vm_of(L)};
    double pos = 1, max = 0;
    int rc;

    lua_settop(L, 6);
    sp.s = lco_re_subject(L, SUBJECT, &sp.len);
    if (lua_toboolean(L, CTX)) {
        pos = lco_re_get_pos(L, CTX, 1);
    }
    if (lua_toboolean(L, MAX)) {
        if (lua_type(L, MAX) != LUA_TNUMBER) {
            return lco_api_typeerror(L, MAX, "number");
        }
        max = lua_tonumber(L, MAX);
    }
    if (!lua_toboolean(L, RES)) {
        lua_createtable(L, 4, 0);
        lua_replace(L, RES);
    }
    else if (!lua_istable(L, RES)) {
        return luaL_error(L, "res is not a table");
    }
    if (!(pos <= (double) sp.len)) {
        lua_pushnil(L);
        lua_rawseti(L, RES, 1);
        lua_pushvalue(L, RES);
        return 1;
    }
    sp.re = lco_re_take(L, sp.vm, REGEX, OPTS);
    if (!sp.re) {
        lua_pushnil(L);
        lua_insert(L, -2);
        return 2;
    }
    sp.pos = sp.piece = pos >= 1 ? (size_t) pos - 1 : 0;
    rc = cut_all(L, &sp, max);
    lco_re_drop(sp.re);
    if (lua_toboolean(L, CTX)) {
        lco_re_set_pos(L, CTX, sp.pos);
    }
    if (rc != LCO_RX_NOMATCH) {
        return lco_re_push_error(L, rc, 1);
    }
    finish(L, &sp, max);
    lua_pushvalue(L, RES);
    return 1;
}

/* ngx_re.opt("jit_stack_size", bytes) */
static int re_opt(lua_State *L)
{
    lco_re_vm *vm = lco_re_vm_of(L);
    const char *name = lua_tostring(L, 1);
    int size;

    if (!name || strcmp(name, "jit_stack_size") != 0) {
        return luaL_error(L, "unrecognized option name");
    }
    if (vm->filled) {
        return luaL_error(L, "changing jit stack size is not allowed when "
                             "some regexs have already been compiled and "
                             "cached");
    }
    if (lua_type(L, 2) != LUA_TNUMBER) {
        return lco_api_typeerror(L, 2, "number");
    }
    size = lco_api_toint(L, 2);
    if (lco_rx_env_jit_stack(vm->env, size > 0 ? (size_t) size : 0)) {
        return luaL_error(L, "pcre jit stack allocation failed");
    }
    return 0;
}

const luaL_Reg lco_re_module_funcs[] = {
    {"split", re_split},
    {"opt", re_opt},
    {NULL, NULL},
};

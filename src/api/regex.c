/* ngx.re.match, find, gmatch; and how the table ngx.re is made.
 *
 * Results, their order and the messages are those of lua-nginx-module's
 * documentation and of lua-resty-core, which implements it: an error of the
 * pattern or of the match is returned, one of the caller is raised.
 *
 * The offsets of a match are gone with the next one, and Lua may run wherever
 * memory is allocated (finalizers) or ctx is touched (metamethods).
 *
 * Thread: inside the VM, any phase.
 */
#include "api/regex.h"

#include "api/api.h"
#include "api/common.h"

#include <string.h>

/* Where the match begins by the argument CTX: from 0, what does not fit is
 * past the end of any subject. */
static size_t get_start(lua_State *L, int ctx)
{
    double pos = lco_re_get_pos(L, ctx, 0);

    if (pos <= 0) {
        return 0;
    }
    /* Written so that NaN is past the end, too. */
    return pos < 4503599627370496.0 ? (size_t) (pos - 1) : LCO_RX_UNSET - 1;
}

/* ngx.re.match(subject, regex [, options [, ctx [, res]]]) */
static int re_match(lua_State *L)
{
    lco_re_vm *vm = lco_re_vm_of(L);
    const char *s;
    size_t few[2 * LCO_RE_FEW], *ov;
    size_t len, start, end;
    int rc, res, ctx;
    lco_re *re;

    ctx = res = 0;
    if (lua_gettop(L) != 3) {
        lua_settop(L, 5);
        ctx = lua_toboolean(L, 4);
        res = lua_toboolean(L, 5) ? 5 : 0;
    }
    s = lco_re_subject(L, 1, &len);
    re = ctx ? lco_re_take(L, vm, 2, 3) : lco_re_take_short(L, vm, 2, 3);
    if (!re) {
        lua_pushnil(L);
        lua_insert(L, -2);
        return 2;
    }
    start = ctx ? get_start(L, 4) : 0;
    if (res && !lua_istable(L, res)) {
        re->busy -= !ctx;
        return lco_api_typeerror(L, res, "table");
    }
    ov = lco_re_room(L, re, few);
    rc = lco_re_match(vm, re, s, len, start, 0, ov);
    if (rc < 0) {
        re->busy -= !ctx;
        lco_re_drop(re);
        return lco_re_push_error(L, rc, 1);
    }
    end = ov[1];
    lco_re_push_captures(L, re, s, rc, ov, res);
    re->busy -= !ctx;
    lco_re_drop(re);
    if (ctx) {
        lco_re_set_pos(L, 4, end + 1);
    }
    return 1;
}

/* The argument NTH of ngx.re.find. */
static int get_nth(lua_State *L, int arg)
{
    int nth = 0;

    if (lua_toboolean(L, arg)) {
        if (lua_type(L, arg) != LUA_TNUMBER) {
            lco_api_typeerror(L, arg, "number");
        }
        nth = lco_api_toint(L, arg);
        if (nth < 0) {
            /* out of int's range: larger than the number of any group */
            nth = lua_tonumber(L, arg) > 0 ? INT32_MAX : 0;
        }
    }
    return nth;
}

/* ngx.re.find(subject, regex [, options [, ctx [, nth]]]) */
static int re_find(lua_State *L)
{
    lco_re_vm *vm = lco_re_vm_of(L);
    const char *s;
    const size_t *ov;
    size_t len, start, end, from, to;
    uint32_t nth, groups;
    int rc, ctx;
    lco_re *re;

    lua_settop(L, 5);
    nth = (uint32_t) get_nth(L, 5);
    s = lco_re_subject(L, 1, &len);
    ctx = lua_toboolean(L, 4);
    re = ctx ? lco_re_take(L, vm, 2, 3) : lco_re_take_short(L, vm, 2, 3);
    if (!re) {
        lua_pushnil(L);
        lua_pushnil(L);
        lua_rotate(L, -3, 2);
        return 3;
    }
    start = ctx ? get_start(L, 4) : 0;
    groups = re->rx.ncaptures;
    rc = lco_rx_match(vm->env, &re->rx, s, len, start, 0, &ov);
    re->busy -= !ctx;
    lco_re_drop(re);
    if (rc < 0) {
        return lco_re_push_error(L, rc, 2);
    }
    end = ov[1];
    from = to = LCO_RX_UNSET;
    if (nth < (uint32_t) rc) {
        from = ov[2 * nth];
        to = ov[2 * nth + 1];
    }
    if (ctx) {
        lco_re_set_pos(L, 4, end + 1);
    }
    if (from == LCO_RX_UNSET) {
        lua_pushnil(L);
        lua_pushnil(L);
        if (nth <= groups) {
            return 2;
        }
        lua_pushliteral(L, "nth out of bound");
        return 3;
    }
    lua_pushinteger(L, (lua_Integer) from + 1);
    lua_pushinteger(L, (lua_Integer) to);
    return 2;
}

/* ---- gmatch ---- */

/* The upvalues of an iterator: the VM's record, then these. */
enum {
    IT_SUBJECT = 2,
    IT_PATTERN, /* nil: there are no more matches */
    IT_POS
};

static void end_iterator(lua_State *L, lco_re *re)
{
    lco_re_drop(re);
    lua_pushnil(L);
    lua_copy(L, -1, lua_upvalueindex(IT_SUBJECT));
    lua_replace(L, lua_upvalueindex(IT_PATTERN));
}

static int iterate(lua_State *L)
{
    lco_re_vm *vm = lco_re_vm_of(L);
    lco_re *re = lua_touserdata(L, lua_upvalueindex(IT_PATTERN));
    size_t len, pos;
    size_t few[2 * LCO_RE_FEW], *ov;
    const char *s;
    int rc;

    if (!re) {
        lua_pushnil(L);
        return 1;
    }
    s = lua_tolstring(L, lua_upvalueindex(IT_SUBJECT), &len);
    pos = (size_t) lua_tointeger(L, lua_upvalueindex(IT_POS));
    ov = lco_re_room(L, re, few);
    rc = lco_re_match(vm, re, s, len, pos, pos > 0, ov);
    if (rc < 0) {
        end_iterator(L, re);
        return lco_re_push_error(L, rc, 1);
    }
    lco_re_push_captures(L, re, s, rc, ov, 0);
    pos = lco_rx_next(&re->rx, s, len, ov[0], ov[1]);
    if (pos > len) {
        end_iterator(L, re);
        return 1;
    }
    lua_pushinteger(L, (lua_Integer) pos);
    lua_replace(L, lua_upvalueindex(IT_POS));
    return 1;
}

/* ngx.re.gmatch(subject, regex [, options]) */
static int re_gmatch(lua_State *L)
{
    lco_re_vm *vm = lco_re_vm_of(L);
    size_t len;
    lco_re *re;

    lua_settop(L, 3);
    lco_re_subject(L, 1, &len);
    re = lco_re_take(L, vm, 2, 3);
    if (!re) {
        lua_pushnil(L);
        lua_insert(L, -2);
        return 2;
    }
    if (re->own) {
        /* An iterator that is not run to its end leaves the pattern to the
         * collector, which does not know of its memory otherwise. */
        lua_gc(L, LUA_GCSTEP, (int) (lco_rx_size(&re->rx) / 1024) + 1);
    }
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_pushvalue(L, 1);
    lua_pushvalue(L, 4);
    lua_pushinteger(L, 0);
    lua_pushcclosure(L, iterate, 4);
    return 1;
}

/* ---- the table ---- */

static int free_pattern(lua_State *L)
{
    lco_re *re = lua_touserdata(L, 1);

    lco_rx_free(&re->rx);
    return 0;
}

static int free_vm(lua_State *L)
{
    lco_re_vm *vm = lua_touserdata(L, 1);

    lco_rx_env_free(vm->env);
    vm->env = NULL;
    return 0;
}

static const luaL_Reg re_funcs[] = {
    {"match", re_match},
    {"find", re_find},
    {"gmatch", re_gmatch},
    {NULL, NULL},
};

static const luaL_Reg pattern_meta[] = {
    {"__gc", free_pattern},
    {NULL, NULL},
};

static const luaL_Reg vm_meta[] = {
    {"__gc", free_vm},
    {NULL, NULL},
};

/* Pushes the upvalues of the functions. */
static void push_upvalues(lua_State *L)
{
    const lco_server_conf *sc = lco_conf_server(lco_vm_of(L)->server);
    lco_re_vm *vm = lx_newuserdata(L, sizeof(*vm));

    memset(vm, 0, sizeof(*vm));
    TAILQ_INIT(&vm->lru);
    vm->max = (unsigned) sc->regex_cache_max;
    luaL_newlib(L, vm_meta);
    lua_setmetatable(L, -2);
    vm->env = lco_rx_env_create((uint32_t) sc->regex_match_limit);
    if (!vm->env) {
        luaL_error(L, "no memory for ngx.re");
    }
    lua_newtable(L);
    luaL_newlib(L, pattern_meta);
    lua_createtable(L, 0, 1);
    luaL_setfuncs(L, lco_re_sub_meta, 0);
}

static int open_module(lua_State *L)
{
    int i;

    lua_createtable(L, 0, 2);
    for (i = 1; i <= LCO_RE_UPVALUES; i++) {
        lua_pushvalue(L, lua_upvalueindex(i));
    }
    luaL_setfuncs(L, lco_re_module_funcs, LCO_RE_UPVALUES);
    lco_api_add_version(L);
    return 1;
}

void lco_api_open_regex(lua_State *L)
{
    int top = lua_gettop(L), i;

    push_upvalues(L);
    luaL_getsubtable(L, LUA_REGISTRYINDEX, "_PRELOAD");
    for (i = 1; i <= LCO_RE_UPVALUES; i++) {
        lua_pushvalue(L, top + i);
    }
    lua_pushcclosure(L, open_module, LCO_RE_UPVALUES);
    lua_setfield(L, -2, "ngx.re");
    lua_pop(L, 1);

    lua_createtable(L, 0, 5);
    for (i = 1; i <= LCO_RE_UPVALUES; i++) {
        lua_pushvalue(L, top + i);
    }
    luaL_setfuncs(L, lco_re_sub_funcs, LCO_RE_UPVALUES);
    lua_insert(L, top + 1);
    lua_pushvalue(L, top + 1);
    lua_insert(L, top + 2);
    luaL_setfuncs(L, re_funcs, LCO_RE_UPVALUES);
    lua_pop(L, 1);
    lua_setfield(L, top, "re");
    LX_BALANCED(L, top, 0);
}

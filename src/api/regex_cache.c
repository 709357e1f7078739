/* The patterns of ngx.re: compile them, cache them for the option o, and what
 * the functions share; see regex.h.
 *
 * The cache is two tables deep, by options and by pattern, so that a look-up
 * is two reads of tables with keys that Lua has hashed already, and makes no
 * string.  When it is full the pattern that was not used for longest goes.
 *
 * Most look-ups need not even that: the last patterns are found by the address
 * of the string.
 *
 * Thread: inside the VM.
 */
#include "api/regex.h"

#include "api/common.h"

#include <http_log.h>

#include <stdio.h>
#include <string.h>

APLOG_USE_MODULE(luaco);

enum {
    UP_VM = 1,
    UP_CACHE,
    UP_META
};

void lco_re_log(lua_State *L, int level, const char *msg)
{
    const lco_req *req = lco_req_get(L);

    if (req) {
        ap_log_rerror(APLOG_MARK, level, 0, req->r, "%s", msg);
    }
    else {
        ap_log_error(APLOG_MARK, level, 0, lco_vm_of(L)->server, "%s", msg);
    }
}

lco_re_vm *lco_re_vm_of(lua_State *L)
{
    lco_re_vm *vm = lua_touserdata(L, lua_upvalueindex(UP_VM));

    if (!vm->env) { /* a finalizer calls, after ours has run */
        luaL_error(L, "the Lua VM is being closed");
    }
    return vm;
}

/* The argument ARG as LCO_RX_*. */
static unsigned get_options(lua_State *L, int arg)
{
    const char *s;
    size_t len, bad;
    int opts;

    if (lua_type(L, arg) != LUA_TSTRING) {
        if (!lua_toboolean(L, arg)) {
            return 0;
        }
        /* As for the reference a table without elements has no letters: a
         * ctx in this place. */
        if (lua_istable(L, arg) && lua_rawlen(L, arg) == 0) {
            return 0;
        }
        lco_api_typeerror(L, arg, "string");
    }
    s = lua_tolstring(L, arg, &len);
    opts = lco_rx_options(s, len, &bad);
    if (opts < 0) {
        lua_pushlstring(L, s + bad, 1);
        luaL_error(L, "unknown flag \"%s\" (flags \"%s\")", lua_tostring(L, -1),
                   s);
    }
    return (unsigned) opts;
}

/* The place of a pattern among the recent ones. */
static lco_re **recent(lco_re_vm *vm, const char *pattern, unsigned opts)
{
    return &vm->recent[((uintptr_t) pattern >> 4 ^ opts) & (LCO_RE_RECENT - 1)];
}

static void mark_used(lco_re_vm *vm, lco_re *re)
{
    if (re != TAILQ_FIRST(&vm->lru)) {
        TAILQ_REMOVE(&vm->lru, re, lru);
        TAILQ_INSERT_HEAD(&vm->lru, re, lru);
    }
}

/* The cached pattern or NULL.  A string that has the address of a cached
 * pattern's is that string, since the cache keeps it alive. */
static lco_re *find_recent(lco_re_vm *vm, const char *pattern, unsigned opts)
{
    lco_re *re = *recent(vm, pattern, opts);

    if (!re || re->pattern != pattern || re->rx.opts != opts) {
        return NULL;
    }
    mark_used(vm, re);
    return re;
}

/* The same by the pattern itself, [-0, +1] if there is one. */
static lco_re *find_cached(lua_State *L, lco_re_vm *vm, int regex,
                           unsigned opts)
{
    lco_re *re;

    if (lua_rawgeti(L, lua_upvalueindex(UP_CACHE), (lua_Integer) opts) ==
        LUA_TTABLE) {
        lua_pushvalue(L, regex);
        if (lua_rawget(L, -2) == LUA_TUSERDATA) {
            lua_replace(L, -2);
            re = lua_touserdata(L, -1);
            mark_used(vm, re);
            *recent(vm, re->pattern, opts) = re;
            return re;
        }
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    return NULL;
}

/* Takes the pattern that was not used for longest out of the cache.  Returns
 * 0 where all of them are busy. */
static int evict(lua_State *L, lco_re_vm *vm)
{
    int table = lua_upvalueindex(UP_CACHE);
    lco_re *re = TAILQ_LAST(&vm->lru, lco_re_list);
    lco_re **slot;

    while (re && re->busy) {
        re = TAILQ_PREV(re, lco_re_list, lru);
    }
    if (!re) {
        return 0;
    }
    if (!vm->warned) {
        vm->warned = 1;
        lua_pushfstring(L, "lua exceeding regex cache max entries (%d)",
                        (int) vm->max);
        lco_re_log(L, APLOG_WARNING, lua_tostring(L, -1));
        lua_pop(L, 1);
    }
    slot = recent(vm, re->pattern, re->rx.opts);
    if (*slot == re) {
        *slot = NULL;
    }
    re->pattern = NULL;
    TAILQ_REMOVE(&vm->lru, re, lru);
    vm->cached--;
    lua_rawgeti(L, table, (lua_Integer) re->rx.opts);
    lua_rawgetp(L, table, re);
    lx_getuservalue(L, -1);
    lua_remove(L, -2);
    lua_pushnil(L);
    lua_rawset(L, -3);
    lua_pop(L, 1);
    lua_pushnil(L);
    lua_rawsetp(L, table, re);
    return 1;
}

/* Caches RE, whose userdata is on the stack top, by the pattern at REGEX. */
static void cache(lua_State *L, lco_re_vm *vm, lco_re *re, int regex)
{
    int table = lua_upvalueindex(UP_CACHE);
    lua_Integer opts = (lua_Integer) re->rx.opts;

    if (vm->cached == vm->max && !evict(L, vm)) {
        return;
    }
    if (lua_rawgeti(L, table, opts) != LUA_TTABLE) {
        lua_pop(L, 1);
        lua_newtable(L);
        lua_pushvalue(L, -1);
        lua_rawseti(L, table, opts);
    }
    lua_pushvalue(L, regex);
    lx_setuservalue(L, -3);
    lua_pushvalue(L, -2);
    lua_rawsetp(L, table, re);
    lua_pushvalue(L, regex);
    lua_pushvalue(L, -3);
    lua_rawset(L, -3);
    lua_pop(L, 1);
    /* Nothing raises any more. */
    re->own = 0;
    re->pattern = lua_tostring(L, regex);
    *recent(vm, re->pattern, re->rx.opts) = re;
    TAILQ_INSERT_HEAD(&vm->lru, re, lru);
    vm->cached++;
    vm->filled = 1;
}

/* As the reference has it, in its words. */
static void tell_no_jit(lua_State *L, int rc, const char *pattern)
{
    lua_pushfstring(L, "pcre2_jit_compile() failed: %d in \"%s\", ignored", rc,
                    pattern);
    lco_re_log(L, APLOG_INFO, lua_tostring(L, -1));
    lua_pop(L, 1);
}

static lco_re *compile(lua_State *L, lco_re_vm *vm, int regex, unsigned letters)
{
    char err[LCO_RX_ERRSIZE];
    const char *pattern;
    size_t len;
    lco_re *re;

    pattern = lua_tolstring(L, regex, &len);
    re = lx_newuserdata(L, sizeof(*re));
    memset(re, 0, sizeof(*re));
    re->own = 1;
    lua_pushvalue(L, lua_upvalueindex(UP_META));
    lua_setmetatable(L, -2);
    if (lco_rx_compile(vm->env, pattern, len, letters, &re->rx, err)) {
        lua_pop(L, 1);
        lua_pushstring(L, err);
        return NULL;
    }
    if (re->rx.jit_error) {
        tell_no_jit(L, re->rx.jit_error, pattern);
    }
    if ((letters & LCO_RX_ONCE) && vm->max > 0) {
        cache(L, vm, re, regex);
    }
    return re;
}

static lco_re *take(lua_State *L, lco_re_vm *vm, int regex, unsigned letters)
{
    lco_re *re;

    if (lua_type(L, regex) != LUA_TSTRING) {
        lco_api_typeerror(L, regex, "string");
    }
    if ((letters & LCO_RX_ONCE) && vm->max > 0) {
        re = find_cached(L, vm, regex, letters);
        if (re) {
            return re;
        }
    }
    return compile(L, vm, regex, letters);
}

lco_re *lco_re_take(lua_State *L, lco_re_vm *vm, int regex, int opts)
{
    return take(L, vm, regex, get_options(L, opts));
}

lco_re *lco_re_take_short(lua_State *L, lco_re_vm *vm, int regex, int opts)
{
    unsigned letters = get_options(L, opts);
    lco_re *re = NULL;

    if ((letters & LCO_RX_ONCE) && lua_type(L, regex) == LUA_TSTRING) {
        re = find_recent(vm, lua_tostring(L, regex), letters);
    }
    if (!re) {
        re = take(L, vm, regex, letters);
    }
    if (re) {
        re->busy++;
    }
    return re;
}

int lco_re_match(lco_re_vm *vm, const lco_re *re, const char *s, size_t len,
                 size_t pos, int valid, size_t *ov)
{
    const size_t *found;
    int rc = lco_rx_match(vm->env, &re->rx, s, len, pos, valid, &found);

    if (rc > 0) {
        memcpy(ov, found, ((size_t) re->rx.ncaptures + 1) * 2 * sizeof(*ov));
    }
    return rc;
}

size_t *lco_re_room(lua_State *L, const lco_re *re, size_t few[2 * LCO_RE_FEW])
{
    size_t pairs = (size_t) re->rx.ncaptures + 1;

    return pairs <= LCO_RE_FEW ? few
                               : lx_newuserdata(L, pairs * 2 * sizeof(size_t));
}

void lco_re_drop(lco_re *re)
{
    if (re->own) {
        lco_rx_free(&re->rx);
    }
}

const char *lco_re_subject(lua_State *L, int arg, size_t *len)
{
    if (lua_type(L, arg) != LUA_TSTRING) {
        lco_api_tolstring(L, arg, len);
        lua_replace(L, arg);
    }
    return lua_tolstring(L, arg, len);
}

/* name = group for the table on the stack top, where names are not repeated;
 * else name = { groups that matched }.  [-0, +0] */
static void set_name(lua_State *L, const lco_re *re, const unsigned char *entry)
{
    uint32_t group = (uint32_t) entry[0] << 8 | entry[1];

    lua_pushstring(L, (const char *) entry + 2);
    if (group > re->rx.ncaptures) { /* a DFA has no groups */
        lua_pushnil(L);
        lua_rawset(L, -3);
        return;
    }
    lua_rawgeti(L, -2, group);
    if (!(re->rx.opts & LCO_RX_DUPNAMES)) {
        lua_rawset(L, -3);
        return;
    }
    if (!lua_toboolean(L, -1)) {
        lua_pop(L, 2);
        return;
    }
    lua_pushvalue(L, -2);
    if (lua_rawget(L, -4) == LUA_TTABLE) { /* t name group list */
        lua_insert(L, -2);
        lua_rawseti(L, -2, (lua_Integer) lua_rawlen(L, -2) + 1);
        lua_pop(L, 2);
        return;
    }
    lua_pop(L, 1);
    lua_createtable(L, 1, 0);
    lua_insert(L, -2);
    lua_rawseti(L, -2, 1);
    lua_rawset(L, -3);
}

void lco_re_push_captures(lua_State *L, const lco_re *re, const char *s, int rc,
                          const size_t *ov, int res)
{
    const lco_rx *rx = &re->rx;
    uint32_t i;

    luaL_checkstack(L, 6, NULL);
    if (res) {
        lua_pushvalue(L, res);
    }
    else {
        lua_createtable(L, (int) rx->ncaptures, (int) rx->nnames + 1);
    }
    for (i = 0; i <= rx->ncaptures; i++) {
        if (i < (uint32_t) rc && ov[2 * i] != LCO_RX_UNSET) {
            lua_pushlstring(L, s + ov[2 * i], ov[2 * i + 1] - ov[2 * i]);
        }
        else {
            lua_pushboolean(L, 0);
        }
        lua_rawseti(L, -2, i);
    }
    for (i = 0; i < rx->nnames; i++) {
        set_name(L, re, rx->names + (size_t) i * rx->name_size);
    }
}

int lco_re_push_error(lua_State *L, int rc, int nils)
{
    int i;

    if (rc == LCO_RX_NOMATCH) {
        lua_pushnil(L);
        return 1;
    }
    for (i = 0; i < nils; i++) {
        lua_pushnil(L);
    }
    lua_pushfstring(L, "pcre_exec() failed: %d", rc);
    return nils + 1;
}

double lco_re_get_pos(lua_State *L, int arg, double nil)
{
    double pos = nil;

    if (!lua_istable(L, arg)) {
        lco_api_typeerror(L, arg, "table");
    }
    lua_getfield(L, arg, "pos");
    if (lua_toboolean(L, -1)) {
        if (lua_type(L, -1) != LUA_TNUMBER) {
            luaL_argerror(L, arg,
                          lua_pushfstring(L,
                                          "number expected in field "
                                          "'pos', got %s",
                                          luaL_typename(L, -1)));
        }
        pos = lua_tonumber(L, -1);
    }
    lua_pop(L, 1);
    return pos;
}

void lco_re_set_pos(lua_State *L, int arg, size_t pos)
{
    lua_pushinteger(L, (lua_Integer) pos);
    lua_setfield(L, arg, "pos");
}

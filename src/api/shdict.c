/* ngx.shared.DICT, over shm/dict.h.
 *
 * A dictionary in Lua is a table with a light userdata at 1, as in
 * lua-nginx-module, where the pointer is looked up among the records of the
 * configuration before it is believed.
 *
 * Nothing of Lua is called while the dictionary's lock is held: what is got is
 * copied to a buffer of the VM first, which is every method's upvalue.  What
 * has one result at most may use it: the string is made of it before anything
 * else can run.
 *
 * Thread: inside the VM, any phase, LuaCoInit (in the parent) too.
 */
#include "api/api.h"

#include "api/common.h"
#include "api/shdict.h"
#include "httpd/conf.h"

#include <stdlib.h>

enum {
    KEYS_DEFAULT = 1024
};

/* ---- values ---- */

/* d:get(key): value, or value and flags; nil if there is none; nil, err */
static int dict_get(lua_State *L)
{
    lco_dict *d = lco_shdict_check(L);
    size_t len;
    const char *key = lco_shdict_key(L, &len, 0);
    lco_dict_value v;
    lco_dict_rc rc;

    if (!key) {
        return 2;
    }
    rc = lco_dict_get(d, key, len, 0, 0, &v, lco_shdict_buf(L));
    switch (rc) {
    case LCO_DICT_OK:
        break;
    case LCO_DICT_NOT_FOUND:
        lua_pushnil(L);
        return 1;
    case LCO_DICT_NO_BUFFER:
        return luaL_error(L, "failed to get the key");
    default:
        return lco_api_fail(L, lco_shdict_text(rc));
    }
    lco_shdict_push_got(L, &v);
    if (!v.flags) {
        return 1;
    }
    lua_pushinteger(L, v.flags);
    return 2;
}

/* d:get_stale(key): value, flags or nil, whether it has expired */
static int dict_get_stale(lua_State *L)
{
    lco_dict *d = lco_shdict_check(L);
    size_t len;
    const char *key = lco_shdict_key(L, &len, 0);
    lco_dict_value v;
    lco_dict_rc rc;

    if (!key) {
        return 2;
    }
    rc = lco_dict_get(d, key, len, 0, 1, &v, lco_shdict_buf(L));
    switch (rc) {
    case LCO_DICT_OK:
        break;
    case LCO_DICT_NOT_FOUND:
        lua_pushnil(L);
        return 1;
    case LCO_DICT_NO_BUFFER:
        return luaL_error(L, "failed to get the key");
    default:
        return lco_api_fail(L, lco_shdict_text(rc));
    }
    lco_shdict_push_got(L, &v);
    if (v.flags) {
        lua_pushinteger(L, v.flags);
    }
    else {
        lua_pushnil(L);
    }
    lua_pushboolean(L, v.stale);
    return 3;
}

/* The lifetime at ARG in milliseconds; nil and false: without end. */
static int64_t check_exptime(lua_State *L, int arg)
{
    lua_Number sec;

    if (!lua_toboolean(L, arg)) {
        return 0;
    }
    if (lua_type(L, arg) != LUA_TNUMBER) {
        luaL_error(L, "attempt to compare %s with number",
                   luaL_typename(L, arg));
    }
    sec = lua_tonumber(L, arg);
    if (sec < 0) {
        luaL_error(L, "bad \"exptime\" argument");
    }
    return lco_shdict_msec(sec);
}

static int32_t check_flags(lua_State *L, int arg)
{
    switch (lua_type(L, arg)) {
    case LUA_TNONE:
    case LUA_TNIL:
        return 0;
    case LUA_TNUMBER:
        return lco_api_toint(L, arg);
    case LUA_TBOOLEAN:
        return lua_toboolean(L, arg);
    }
    return luaL_argerror(L, arg,
                         lua_pushfstring(L, "cannot convert '%s' to 'int'",
                                         luaL_typename(L, arg)));
}

/* (d, key, value, exptime, flags): true, nil, forcible; false, err, forcible;
 * nil, err for arguments that cannot be */
static int store(lua_State *L, int ops, int nil)
{
    lco_dict *d = lco_shdict_check(L);
    int64_t ttl = nil ? 0 : check_exptime(L, 4);
    size_t len;
    const char *key = lco_shdict_key(L, &len, 0), *err = NULL;
    lco_dict_value v = {.type = LCO_DICT_NIL};
    lco_dict_rc rc;
    int forced = 0;

    if (!key) {
        return 2;
    }
    switch (nil ? LUA_TNIL : lua_type(L, 3)) {
    case LUA_TSTRING:
        v.type = LCO_DICT_STRING;
        v.data = lua_tolstring(L, 3, &v.len);
        break;
    case LUA_TNUMBER:
        lco_shdict_number(L, 3, &v);
        break;
    case LUA_TBOOLEAN:
        v.type = LCO_DICT_BOOLEAN;
        v.u.int_value = lua_toboolean(L, 3);
        break;
    case LUA_TNIL:
    case LUA_TNONE:
        break;
    default:
        return lco_api_fail(L, "bad value type");
    }
    if (!nil) {
        v.flags = check_flags(L, 5);
    }
    if (v.type == LCO_DICT_NIL && (ops & (LCO_DICT_ADD | LCO_DICT_REPLACE))) {
        err = "attempt to add or replace nil values";
    }
    else {
        rc = lco_dict_set(d, ops, key, len, &v, 0, ttl, &forced);
        if (rc != LCO_DICT_OK) {
            err = lco_shdict_text(rc);
        }
    }
    lua_pushboolean(L, !err);
    if (err) {
        lua_pushstring(L, err);
    }
    else {
        lua_pushnil(L);
    }
    lua_pushboolean(L, forced);
    return 3;
}

static int dict_set(lua_State *L)
{
    return store(L, 0, 0);
}

static int dict_safe_set(lua_State *L)
{
    return store(L, LCO_DICT_SAFE, 0);
}

static int dict_add(lua_State *L)
{
    return store(L, LCO_DICT_ADD, 0);
}

static int dict_safe_add(lua_State *L)
{
    return store(L, LCO_DICT_ADD | LCO_DICT_SAFE, 0);
}

static int dict_replace(lua_State *L)
{
    return store(L, LCO_DICT_REPLACE, 0);
}

static int dict_delete(lua_State *L)
{
    return store(L, 0, 1);
}

/* d:incr(key, value, init?, init_ttl?): the sum, with INIT also nil and
 * forcible; nil, err */
static int dict_incr(lua_State *L)
{
    lco_dict *d = lco_shdict_check(L);
    size_t len;
    const char *key = lco_shdict_key(L, &len, 0), *type;
    lco_dict_value v, init;
    int has_init, forced = 0;
    int64_t ttl = 0;
    lco_dict_rc rc;

    if (!key) {
        return 2;
    }
    lua_settop(L, 5);
    if (!lco_shdict_tonumber(L, 3)) {
        return luaL_error(L, "cannot convert 'nil' to 'double'");
    }
    lco_shdict_number(L, 3, &v);
    has_init = lua_toboolean(L, 4);
    if (has_init) {
        type = luaL_typename(L, 4);
        if (!lco_shdict_tonumber(L, 4)) {
            return luaL_error(L, "bad init arg: number expected, got %s", type);
        }
        lco_shdict_number(L, 4, &init);
    }
    if (!lua_isnil(L, 5)) {
        type = luaL_typename(L, 5);
        if (!lco_shdict_tonumber(L, 5)) {
            return luaL_error(L, "bad init_ttl arg: number expected, got %s",
                              type);
        }
        if (lua_tonumber(L, 5) < 0) {
            return luaL_error(L, "bad \"init_ttl\" argument");
        }
        if (!has_init) {
            return luaL_error(
                L, "must provide \"init\" when providing \"init_ttl\"");
        }
        ttl = lco_shdict_msec(lua_tonumber(L, 5));
    }
    rc = lco_dict_incr(d, key, len, &v, has_init ? &init : NULL, 0, ttl,
                       &forced);
    if (rc != LCO_DICT_OK) {
        return lco_api_fail(L, lco_shdict_text(rc));
    }
    lco_shdict_push(L, &v);
    if (!has_init) {
        return 1;
    }
    lua_pushnil(L);
    lua_pushboolean(L, forced);
    return 3;
}

/* ---- lifetimes ---- */

/* d:ttl(key): seconds, 0 for a life without end, negative for one that is
 * over; nil, err */
static int dict_ttl(lua_State *L)
{
    lco_dict *d = lco_shdict_check(L);
    size_t len;
    const char *key = lco_shdict_key(L, &len, 0);
    int64_t ttl = 0;

    if (!key) {
        return 2;
    }
    if (lco_dict_ttl(d, key, len, 0, &ttl) != LCO_DICT_OK) {
        return lco_api_fail(L, lco_shdict_text(LCO_DICT_NOT_FOUND));
    }
    lco_api_pushnumber(L, (lua_Number) ttl / 1000);
    return 1;
}

/* d:expire(key, exptime): true; nil, err */
static int dict_expire(lua_State *L)
{
    lco_dict *d = lco_shdict_check(L);
    size_t len;
    const char *key;
    lua_Number sec;

    if (!lua_toboolean(L, 3)) {
        return luaL_error(L, "bad \"exptime\" argument");
    }
    key = lco_shdict_key(L, &len, 0);
    if (!key) {
        return 2;
    }
    if (!lco_shdict_tonumber(L, 3)) {
        return luaL_error(
            L, "attempt to perform arithmetic on local 'exptime' (a %s value)",
            luaL_typename(L, 3));
    }
    sec = lua_tonumber(L, 3);
    if (lco_dict_expire(d, key, len, 0, lco_shdict_msec(sec)) != LCO_DICT_OK) {
        return lco_api_fail(L, lco_shdict_text(LCO_DICT_NOT_FOUND));
    }
    lua_pushboolean(L, 1);
    return 1;
}

/* ---- lists ---- */

static lco_dict *check_list_args(lua_State *L, int want)
{
    int n = lua_gettop(L);

    if (n != want) {
        luaL_error(L, "expecting %d arguments, but only seen %d", want, n);
    }
    return lco_shdict_check(L);
}

/* (d, key, value): the length; nil or false, err */
static int push(lua_State *L, enum lco_dict_end end)
{
    lco_dict *d = check_list_args(L, 3);
    size_t len;
    const char *key = lco_shdict_key(L, &len, 1);
    lco_dict_value v = {.type = LCO_DICT_NIL};
    uint32_t count = 0;
    int no_list;
    lco_dict_rc rc;

    if (!key) {
        return 2;
    }
    if (lua_type(L, 3) == LUA_TSTRING) {
        v.type = LCO_DICT_STRING;
        v.data = lua_tolstring(L, 3, &v.len);
    }
    else if (lua_type(L, 3) == LUA_TNUMBER) {
        lco_shdict_number(L, 3, &v);
    }
    else {
        return lco_api_fail(L, "bad value type");
    }
    rc = lco_dict_push(d, key, len, &v, end, 0, &count, &no_list);
    if (rc == LCO_DICT_OK) {
        lua_pushinteger(L, (lua_Integer) count);
        return 1;
    }
    lco_api_fail(L, lco_shdict_text(rc));
    if (no_list) {
        lua_pushboolean(L, 0);
        lua_replace(L, -3);
    }
    return 2;
}

static int dict_lpush(lua_State *L)
{
    return push(L, LCO_DICT_LEFT);
}

static int dict_rpush(lua_State *L)
{
    return push(L, LCO_DICT_RIGHT);
}

/* (d, key): the value; nil if there is none; nil, err */
static int pop(lua_State *L, enum lco_dict_end end)
{
    lco_dict *d = check_list_args(L, 2);
    size_t len;
    const char *key = lco_shdict_key(L, &len, 1);
    lco_dict_value v;
    lco_dict_rc rc;

    if (!key) {
        return 2;
    }
    rc = lco_dict_pop(d, key, len, end, 0, &v, lco_shdict_buf(L));
    if (rc == LCO_DICT_OK) {
        lco_shdict_push_got(L, &v);
        return 1;
    }
    if (rc == LCO_DICT_NOT_FOUND) {
        lua_pushnil(L);
        return 1;
    }
    return lco_api_fail(L, lco_shdict_text(rc));
}

static int dict_lpop(lua_State *L)
{
    return pop(L, LCO_DICT_LEFT);
}

static int dict_rpop(lua_State *L)
{
    return pop(L, LCO_DICT_RIGHT);
}

/* d:llen(key): 0 if there is no list; nil, err */
static int dict_llen(lua_State *L)
{
    lco_dict *d = check_list_args(L, 2);
    size_t len;
    const char *key = lco_shdict_key(L, &len, 1);
    uint32_t count = 0;

    if (!key) {
        return 2;
    }
    if (lco_dict_len(d, key, len, 0, &count) == LCO_DICT_NOT_LIST) {
        return lco_api_fail(L, lco_shdict_text(LCO_DICT_NOT_LIST));
    }
    lua_pushinteger(L, (lua_Integer) count);
    return 1;
}

/* ---- the whole dictionary ---- */

static int dict_flush_all(lua_State *L)
{
    lco_dict_flush_all(lco_shdict_check(L), 0);
    return 0;
}

/* The number at 2, DEFAULT where there is none; below 0 there is no limit. */
static unsigned check_max(lua_State *L, unsigned without)
{
    int n;

    if (lua_gettop(L) < 2) {
        return without;
    }
    lco_api_checknumber(L, 2);
    n = lco_api_toint(L, 2);
    return n < 0 ? 0 : (unsigned) n;
}

/* d:flush_expired(max?): how many went */
static int dict_flush_expired(lua_State *L)
{
    lco_dict *d = lco_shdict_check_args(L);
    unsigned max = check_max(L, 0);

    lua_pushinteger(L, (lua_Integer) lco_dict_flush_expired(d, max, 0));
    return 1;
}

/* d:get_keys(max?): those not used for longest first.  The buffer is its own:
 * making the strings may run finalizers that use a dictionary. */
static int dict_get_keys(lua_State *L)
{
    lco_dict *d = lco_shdict_check_args(L);
    unsigned max = check_max(L, KEYS_DEFAULT);
    lco_dict_buf *buf = lco_shdict_new_buf(L);
    const unsigned char *p;
    size_t count, len, i;

    if (lco_dict_keys(d, max, 0, buf, &count) != LCO_DICT_OK) {
        return luaL_error(L, "no memory");
    }
    lua_createtable(L, count > INT32_MAX ? INT32_MAX : (int) count, 0);
    p = (const unsigned char *) buf->data;
    for (i = 1; i <= count; i++) {
        len = p[0] | (size_t) p[1] << 8;
        lua_pushlstring(L, (const char *) p + 2, len);
        lua_rawseti(L, -2, (lua_Integer) i);
        p += 2 + len;
    }
    free(buf->data);
    buf->data = NULL;
    buf->size = 0;
    return 1;
}

static int dict_capacity(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer) lco_dict_capacity(lco_shdict_check(L)));
    return 1;
}

static int dict_free_space(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer) lco_dict_free_space(lco_shdict_check(L)));
    return 1;
}

static const luaL_Reg dict_funcs[] = {
    {"get", dict_get},
    {"get_stale", dict_get_stale},
    {"set", dict_set},
    {"safe_set", dict_safe_set},
    {"add", dict_add},
    {"safe_add", dict_safe_add},
    {"replace", dict_replace},
    {"delete", dict_delete},
    {"incr", dict_incr},
    {"lpush", dict_lpush},
    {"rpush", dict_rpush},
    {"lpop", dict_lpop},
    {"rpop", dict_rpop},
    {"llen", dict_llen},
    {"ttl", dict_ttl},
    {"expire", dict_expire},
    {"flush_all", dict_flush_all},
    {"flush_expired", dict_flush_expired},
    {"get_keys", dict_get_keys},
    {"capacity", dict_capacity},
    {"free_space", dict_free_space},
    {NULL, NULL},
};

void lco_api_open_shdict(lua_State *L)
{
    const apr_array_header_t *all =
        lco_conf_server(lco_vm_of(L)->server)->shared;
    int i, n = all ? all->nelts : 0;

    lua_createtable(L, 0, n); /* shared */
    lua_createtable(L, 0, 32);
    lco_shdict_new_vm(L, all);
    luaL_setfuncs(L, dict_funcs, 1);
    lua_pushvalue(L, -1);
    lua_setfield(L, -2, "__index"); /* shared, methods */
    for (i = 0; i < n; i++) {
        lco_shared *sh = &APR_ARRAY_IDX(all, i, lco_shared);

        lua_createtable(L, 1, 0);
        lua_pushlightuserdata(L, sh);
        lua_rawseti(L, -2, 1);
        lua_pushvalue(L, -2);
        lua_setmetatable(L, -2);
        lua_pushvalue(L, -1);
        lua_rawsetp(L, LUA_REGISTRYINDEX, lua_topointer(L, -1));
        lua_setfield(L, -3, sh->name);
    }
    lua_pop(L, 1);
    lua_setfield(L, -2, "shared");
}

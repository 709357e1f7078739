/* Arguments and results of the methods of ngx.shared.DICT; see shdict.h.
 *
 * Thread: inside the VM, any phase.
 */
#include "api/shdict.h"

#include "api/common.h"

#include <stdlib.h>
#include <string.h>

enum {
    KEEP = 65536 /* bytes: a larger buffer is not kept */
};

/* ---- arguments ---- */

/* A table that has the pointer of a dictionary at 1. */
static lco_dict *find_dict(lua_State *L, const lco_shdict_vm *vm)
{
    size_t at;

    if (lua_type(L, 1) != LUA_TTABLE) {
        return NULL;
    }
    lua_rawgeti(L, 1, 1);
    at = (size_t) ((char *) lua_touserdata(L, -1) - (char *) vm->all);
    lua_pop(L, 1);
    if (at >= vm->size || at % sizeof(*vm->all)) {
        return NULL;
    }
    return vm->all[at / sizeof(*vm->all)].dict;
}

/* Mostly it is the table of the dictionary that was used last. */
static lco_dict *dict_at_1(lua_State *L)
{
    lco_shdict_vm *vm = lua_touserdata(L, lua_upvalueindex(1));
    const void *table = lua_topointer(L, 1);
    lco_dict *d;

    if (table && table == vm->last_table) {
        return vm->last;
    }
    d = find_dict(L, vm);
    if (d && lua_getmetatable(L, 1)) {
        /* only ours, which are never collected, so that no other table can
         * have their place */
        lua_rawgetp(L, LUA_REGISTRYINDEX, table);
        if (lua_rawequal(L, -1, 1)) {
            vm->last_table = table;
            vm->last = d;
        }
        lua_pop(L, 2);
    }
    return d;
}

lco_dict *lco_shdict_check(lua_State *L)
{
    lco_dict *d = dict_at_1(L);

    if (!d) {
        luaL_error(L, "bad \"zone\" argument");
    }
    return d;
}

lco_dict *lco_shdict_check_args(lua_State *L)
{
    int n = lua_gettop(L);
    lco_dict *d;

    if (n != 1 && n != 2) {
        luaL_error(L, "expecting 1 or 2 argument(s), but saw %d", n);
    }
    if (lua_type(L, 1) != LUA_TTABLE) {
        lco_api_typeerror(L, 1, "table");
    }
    d = dict_at_1(L);
    if (!d) {
        luaL_error(L, "bad user data for the ngx_shm_zone_t pointer");
    }
    return d;
}

const char *lco_shdict_key(lua_State *L, size_t *len, int is_string)
{
    const char *key;
    int type = lua_type(L, 2);

    if (type != LUA_TSTRING) {
        if (type == LUA_TNIL || type == LUA_TNONE) {
            lco_api_fail(L, "nil key");
            return NULL;
        }
        if (is_string) {
            lco_api_checkstring(L, 2, len);
        }
        else {
            lco_api_tolstring(L, 2, len);
            lua_replace(L, 2);
        }
    }
    key = lua_tolstring(L, 2, len);
    if (*len == 0) {
        lco_api_fail(L, "empty key");
        return NULL;
    }
    if (*len > LCO_DICT_KEY_MAX) {
        lco_api_fail(L, "key too long");
        return NULL;
    }
    return key;
}

int64_t lco_shdict_msec(lua_Number sec)
{
    lua_Number msec = sec * 1000;

    return msec >= -9223372036854775808.0 && msec < 9223372036854775808.0
               ? (int64_t) msec
               : INT64_MIN;
}

void lco_shdict_number(lua_State *L, int arg, lco_dict_value *v)
{
    v->flags = 0;
    if (lua_isinteger(L, arg)) {
        v->type = LCO_DICT_INTEGER;
        v->u.int_value = (int64_t) lua_tointeger(L, arg);
    }
    else {
        v->type = LCO_DICT_NUMBER;
        v->u.num_value = (double) lua_tonumber(L, arg);
    }
}

int lco_shdict_tonumber(lua_State *L, int arg)
{
    const char *s;

    if (lua_type(L, arg) == LUA_TSTRING) {
        s = lua_tostring(L, arg);
        if (lua_stringtonumber(L, s) == lua_rawlen(L, arg) + 1) {
            lua_replace(L, arg);
        }
    }
    return lua_type(L, arg) == LUA_TNUMBER;
}

/* ---- results ---- */

const char *lco_shdict_text(lco_dict_rc rc)
{
    switch (rc) {
    case LCO_DICT_NOT_FOUND:
        return "not found";
    case LCO_DICT_EXISTS:
        return "exists";
    case LCO_DICT_NOT_NUMBER:
        return "not a number";
    case LCO_DICT_NOT_LIST:
        return "value not a list";
    case LCO_DICT_IS_LIST:
        return "value is a list";
    case LCO_DICT_OK:
    case LCO_DICT_NO_MEMORY:
    case LCO_DICT_NO_BUFFER:
        break;
    }
    return "no memory";
}

void lco_shdict_push(lua_State *L, const lco_dict_value *v)
{
    switch (v->type) {
    case LCO_DICT_STRING:
        lua_pushlstring(L, v->data, v->len);
        break;
    case LCO_DICT_INTEGER:
        lua_pushinteger(L, (lua_Integer) v->u.int_value);
        break;
    case LCO_DICT_NUMBER:
        lco_api_pushnumber(L, (lua_Number) v->u.num_value);
        break;
    case LCO_DICT_BOOLEAN:
        lua_pushboolean(L, v->u.int_value != 0);
        break;
    case LCO_DICT_NIL:
    case LCO_DICT_LIST:
        lua_pushnil(L);
        break;
    }
}

void lco_shdict_push_got(lua_State *L, const lco_dict_value *v)
{
    lco_dict_buf *buf;

    lco_shdict_push(L, v);
    buf = lco_shdict_buf(L);
    if (v->type == LCO_DICT_STRING && buf->size > KEEP) {
        free(buf->data);
        buf->data = NULL;
        buf->size = 0;
    }
}

lco_dict_buf *lco_shdict_buf(lua_State *L)
{
    return &((lco_shdict_vm *) lua_touserdata(L, lua_upvalueindex(1)))->buf;
}

static int free_buf(lua_State *L)
{
    lco_dict_buf *buf = lua_touserdata(L, 1);

    free(buf->data);
    buf->data = NULL;
    buf->size = 0;
    return 0;
}

static void *new_buf(lua_State *L, size_t size)
{
    static const char meta;
    void *buf = lx_newuserdata(L, size);

    memset(buf, 0, size);
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &meta) != LUA_TTABLE) {
        lua_pop(L, 1);
        lua_createtable(L, 0, 1);
        lua_pushcfunction(L, free_buf);
        lua_setfield(L, -2, "__gc");
        lua_pushvalue(L, -1);
        lua_rawsetp(L, LUA_REGISTRYINDEX, &meta);
    }
    lua_setmetatable(L, -2);
    return buf;
}

lco_dict_buf *lco_shdict_new_buf(lua_State *L)
{
    return new_buf(L, sizeof(lco_dict_buf));
}

void lco_shdict_new_vm(lua_State *L, const apr_array_header_t *all)
{
    lco_shdict_vm *vm = new_buf(L, sizeof(*vm));

    if (all) {
        vm->all = (const lco_shared *) (const void *) all->elts;
        vm->size = (size_t) all->nelts * sizeof(*vm->all);
    }
}

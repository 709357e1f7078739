/* ngx.arg: what the directive hands to its Lua.
 *
 * In LuaCoBodyFilter [1] is the piece of the body, [2] whether the body ends
 * with it; both can be set.  In LuaCoSet the arguments that follow the
 * variable's name (arg_set.c).
 *
 * Thread: inside the VM, on the owner of the current request.
 */
#include "api/api.h"

#include "api/common.h"
#include "req/lent.h"

#include <apr_buckets.h>

#include <limits.h>
#include <math.h>
#include <string.h>

/* Tables in tables: a table may contain itself. */
#define NEST_MAX 100

/* [-0, +1]  The data as one string. */
static void push_data(lua_State *L, const lco_piece *piece)
{
    apr_bucket_brigade *bb = piece->data;
    apr_bucket *b = APR_BRIGADE_FIRST(bb);
    const char *data;
    apr_size_t len, all = 0;
    luaL_Buffer buf;
    char *to;

    if (APR_BRIGADE_EMPTY(bb)) {
        lua_pushliteral(L, "");
        return;
    }
    /* They are in memory: reading them neither waits nor fails. */
    if (APR_BUCKET_NEXT(b) == APR_BRIGADE_SENTINEL(bb)) {
        (void) apr_bucket_read(b, &data, &len, APR_NONBLOCK_READ);
        lua_pushlstring(L, data, len);
        return;
    }
    for (; b != APR_BRIGADE_SENTINEL(bb); b = APR_BUCKET_NEXT(b)) {
        all += b->length;
    }
    to = luaL_buffinitsize(L, &buf, all);
    for (b = APR_BRIGADE_FIRST(bb); b != APR_BRIGADE_SENTINEL(bb);
         b = APR_BUCKET_NEXT(b)) {
        (void) apr_bucket_read(b, &data, &len, APR_NONBLOCK_READ);
        memcpy(to, data, len);
        to += len;
    }
    luaL_pushresultsize(&buf, all);
}

/* ngx.arg[n]: nil for any other n. */
static int arg_index(lua_State *L)
{
    const lco_req *req = lco_req_get(L);
    lua_Number n = lua_type(L, 2) == LUA_TNUMBER ? lua_tonumber(L, 2) : 0;

    if (!req) {
        return luaL_error(L, "no request found");
    }
    if (req->phase == LCO_PHASE_SET) {
        return lco_api_arg_of_set(L, req);
    }
    if (req->phase != LCO_PHASE_BODY_FILTER) {
        return luaL_error(L, "API disabled in the current context");
    }
    if (n == 1) {
        push_data(L, req->piece);
        return 1;
    }
    if (n == 2) {
        lua_pushboolean(L, req->piece->eof);
        return 1;
    }
    return 0;
}

/* The largest index of the array at IDX; raises if it has other keys. */
static lua_Integer array_length(lua_State *L, int idx)
{
    lua_Number max = 0, key;

    lua_pushnil(L);
    while (lua_next(L, idx)) {
        lua_pop(L, 1); /* value */
        key = lua_type(L, -1) == LUA_TNUMBER ? lua_tonumber(L, -1) : 0;
        if (!(key >= 1 && key <= INT_MAX && floor(key) == key)) {
            luaL_argerror(L, 3, "non-array table found");
        }
        max = key > max ? key : max;
    }
    return (lua_Integer) max;
}

/* The bytes of the value at IDX, in an array's arrays too.  Copies them to TO
 * unless that is NULL; only measuring raises. */
static size_t take_value(lua_State *L, int idx, char *to, int depth)
{
    char number[LX_NUMSIZE];
    const char *data = number;
    size_t len = 0, all = 0;
    lua_Integer n, i;

    switch (lua_type(L, idx)) {
    case LUA_TNUMBER:
        len = lx_num2str(L, idx, number);
        break;
    case LUA_TSTRING:
        data = lua_tolstring(L, idx, &len);
        break;
    case LUA_TTABLE:
        if (depth > NEST_MAX) {
            luaL_argerror(L, 3, "table nested too deeply");
        }
        luaL_checkstack(L, 4, "nested tables");
        n = array_length(L, idx);
        for (i = 1; i <= n; i++) {
            lua_rawgeti(L, idx, i);
            len = take_value(L, lua_gettop(L), to ? to + all : NULL, depth + 1);
            lua_pop(L, 1);
            if (len > INT_MAX - all) {
                luaL_error(L, "no memory");
            }
            all += len;
        }
        return all;
    default:
        luaL_argerror(L, 3,
                      lua_pushfstring(L, "bad data type %s found",
                                      luaL_typename(L, idx)));
    }
    if (to) {
        memcpy(to, data, len);
    }
    return len;
}

static void set_data(lua_State *L, lco_piece *piece)
{
    apr_bucket_brigade *bb = piece->data;
    const char *data = NULL;
    size_t len = 0;
    char *to;

    switch (lua_type(L, 3)) {
    case LUA_TSTRING:
        data = lua_tolstring(L, 3, &len);
        break;
    case LUA_TNUMBER:
    case LUA_TTABLE:
        len = take_value(L, 3, NULL, 0);
        to = lx_newuserdata(L, len);
        data = to;
        (void) take_value(L, 3, to, 0);
        break;
    case LUA_TNIL:
        break;
    default:
        luaL_error(L, "bad chunk data type: %s", luaL_typename(L, 3));
    }
    apr_brigade_cleanup(bb);
    if (len >= LCO_LENT_MIN && lua_type(L, 3) == LUA_TSTRING) {
        APR_BRIGADE_INSERT_TAIL(bb, lco_lent_create(L, 3, bb->bucket_alloc));
    }
    else if (len) {
        APR_BRIGADE_INSERT_TAIL(
            bb, apr_bucket_heap_create(data, len, NULL, bb->bucket_alloc));
    }
}

static int arg_newindex(lua_State *L)
{
    lco_req *req = lco_req_get(L);
    int n;

    if (!req) {
        return 0; /* the reference drops it too */
    }
    lco_req_check_phase(L, req, LCO_BIT(LCO_PHASE_BODY_FILTER));
    lua_settop(L, 3);
    (void) lco_api_checknumber(L, 2);
    n = lco_api_toint(L, 2);
    switch (n) {
    case 1:
        set_data(L, req->piece);
        break;
    case 2:
        req->piece->eof = lua_toboolean(L, 3);
        break;
    default:
        return luaL_error(L, "bad index: %d", n);
    }
    return 0;
}

static const luaL_Reg arg_meta[] = {
    {"__index", arg_index},
    {"__newindex", arg_newindex},
    {NULL, NULL},
};

void lco_api_open_arg(lua_State *L)
{
    lua_createtable(L, 0, 0);
    luaL_newlib(L, arg_meta);
    lua_setmetatable(L, -2);
    lua_setfield(L, -2, "arg");
}

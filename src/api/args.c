/* ngx.encode_args, ngx.decode_args and what ngx.req shares with them.
 *
 * Thread: inside the VM.
 */
#include "api/args.h"

#include "api/api.h"
#include "api/common.h"
#include "util/escape.h"

#include <string.h>

int lco_api_checkmax(lua_State *L, int arg)
{
    int max;

    switch (lua_type(L, arg)) {
    case LUA_TNONE:
    case LUA_TNIL:
        return LCO_API_MAX_PAIRS;
    case LUA_TBOOLEAN: /* false: the default; true counts as 1 */
        return lua_toboolean(L, arg) ? 1 : LCO_API_MAX_PAIRS;
    case LUA_TNUMBER:
        max = lco_api_toint(L, arg);
        return max < 0 ? LCO_API_MAX_PAIRS : max;
    default:
        return lco_api_typeerror(L, arg, "number");
    }
}

int lco_api_push_arg(lua_State *L, int t, const lco_arg *arg)
{
    if (!arg->key_len) {
        return 0;
    }
    t = lua_absindex(L, t);
    lua_pushlstring(L, arg->key, arg->key_len);
    if (arg->has_value) {
        lua_pushlstring(L, arg->value, arg->value_len);
    }
    else {
        lua_pushboolean(L, 1);
    }
    lco_api_addmulti(L, t);
    return 1;
}

int lco_api_decode_args(lua_State *L, const char *s, size_t len, int max)
{
    lco_args args;
    lco_arg arg;
    char *copy;
    int n = 0, t;

    luaL_checkstack(L, 8, NULL);
    /* The copy is decoded in place; the collector frees it. */
    copy = lx_newuserdata(L, len + 1);
    memcpy(copy, s, len);
    lua_createtable(L, 0, 4);
    t = lua_gettop(L);

    lco_args_begin(&args, copy, len);
    while (lco_args_next(&args, &arg)) {
        (void) lco_api_push_arg(L, t, &arg);
        /* Unlike ngx.req.get_uri_args() the reference counts pairs without a
         * name, and a "&" after the last one is one too many. */
        if (max > 0 && arg.closed && ++n == max) {
            lua_remove(L, t - 1);
            lua_pushliteral(L, "truncated");
            return 2;
        }
    }
    lua_remove(L, t - 1);
    return 1;
}

static void add_escaped(luaL_Buffer *b, const char *s, size_t len)
{
    size_t room = lco_escape_uri_len(s, len, LCO_ESCAPE_COMPONENT);

    lco_escape_uri(luaL_prepbuffsize(b, room), s, len, LCO_ESCAPE_COMPONENT);
    luaL_addsize(b, room);
}

static void add_name(luaL_Buffer *b, int *n, const char *s, size_t len)
{
    if ((*n)++) {
        luaL_addchar(b, '&');
    }
    add_escaped(b, s, len);
}

static void add_value(lua_State *L, luaL_Buffer *b, int idx)
{
    char num[LX_NUMSIZE];
    const char *s = num;
    size_t len;

    if (lua_type(L, idx) == LUA_TNUMBER) {
        len = lx_num2str(L, idx, num);
    }
    else {
        s = lua_tolstring(L, idx, &len);
    }
    luaL_addchar(b, '=');
    add_escaped(b, s, len);
}

/* One argument: the name at KEY with the value at VALUE. */
static void add_pair(lua_State *L, luaL_Buffer *b, int *n, int key, int value)
{
    size_t len;
    const char *name = lua_tolstring(L, key, &len);

    switch (lua_type(L, value)) {
    case LUA_TNUMBER:
    case LUA_TSTRING:
        add_name(b, n, name, len);
        add_value(L, b, value);
        break;
    case LUA_TBOOLEAN:
        if (lua_toboolean(L, value)) {
            add_name(b, n, name, len);
        }
        break;
    default:
        luaL_error(L, "attempt to use %s as query arg value",
                   luaL_typename(L, value));
    }
}

const char *lco_api_encode_args(lua_State *L, int t, size_t *len)
{
    luaL_Buffer b;
    int n = 0, k;

    /* The traversal goes on a stack of its own below the buffer: a buffer may
     * keep a value on the top. */
    t = lua_absindex(L, t);
    luaL_checkstack(L, 12, NULL);
    k = lua_gettop(L) + 1; /* key, value, inner key, inner value */
    lua_settop(L, k + 3);
    luaL_buffinit(L, &b);

    lua_pushnil(L);
    for (;;) {
        /* key on the top */
        if (!lua_next(L, t)) {
            break;
        }
        lua_replace(L, k + 1);
        lua_replace(L, k);
        if (lua_type(L, k) != LUA_TSTRING) {
            luaL_error(L, "attempt to use a non-string key in the "
                          "\"args\" option table");
        }
        if (lua_type(L, k + 1) != LUA_TTABLE) {
            add_pair(L, &b, &n, k, k + 1);
        }
        else {
            lua_pushnil(L);
            while (lua_next(L, k + 1)) {
                lua_replace(L, k + 3);
                lua_replace(L, k + 2);
                add_pair(L, &b, &n, k, k + 3);
                lua_pushvalue(L, k + 2);
            }
        }
        lua_pushvalue(L, k);
    }
    luaL_pushresult(&b);
    lua_replace(L, k);
    lua_settop(L, k);
    return lua_tolstring(L, k, len);
}

/* ngx.encode_args(table) */
static int encode_args(lua_State *L)
{
    size_t len;

    if (lua_gettop(L) != 1) {
        return luaL_error(L, "expecting 1 argument but seen %d", lua_gettop(L));
    }
    if (!lua_istable(L, 1)) {
        return lco_api_typeerror(L, 1, "table");
    }
    lco_api_encode_args(L, 1, &len);
    return 1;
}

/* ngx.decode_args(str, max?) */
static int decode_args(lua_State *L)
{
    int n = lua_gettop(L), max = LCO_API_MAX_PAIRS;
    const char *s;
    size_t len;

    if (n != 1 && n != 2) {
        return luaL_error(L, "expecting 1 or 2 arguments but seen %d", n);
    }
    if (lua_type(L, 1) != LUA_TSTRING && lua_type(L, 1) != LUA_TNUMBER) {
        return lco_api_typeerror(L, 1, "string");
    }
    if (n == 2) {
        if (!lua_isnumber(L, 2)) {
            return lco_api_typeerror(L, 2, "number");
        }
        max = lco_api_toint(L, 2);
    }
    s = lco_api_tolstring(L, 1, &len);
    return lco_api_decode_args(L, s, len, max);
}

static const luaL_Reg args_funcs[] = {
    {"encode_args", encode_args},
    {"decode_args", decode_args},
    {NULL, NULL},
};

void lco_api_open_args(lua_State *L)
{
    luaL_setfuncs(L, args_funcs, 0);
}

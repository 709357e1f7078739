/* ngx.encode_base64, ngx.decode_base64, ngx.decode_base64mime and
 * require "ngx.base64".
 *
 * Thread: inside the VM, any phase.
 */
#include "api/api.h"

#include "api/common.h"
#include "util/encode.h"

static int push_encoded(lua_State *L, const char *s, size_t len,
                        lco_base64 kind)
{
    size_t n = lco_base64_encoded_len(len, kind);
    luaL_Buffer b;
    char *p = luaL_buffinitsize(L, &b, n);

    lco_base64_encode(p, s, len, kind);
    luaL_pushresultsize(&b, n);
    return 1;
}

/* The string at index 1 decoded, or nil. */
static int push_decoded(lua_State *L, lco_base64 kind)
{
    size_t len, n;
    const char *s = lua_tolstring(L, 1, &len);
    luaL_Buffer b;
    char *p = luaL_buffinitsize(L, &b, lco_base64_decoded_max(len));

    n = lco_base64_decode(p, s, len, kind);
    if (n == LCO_DECODE_FAILED) {
        lua_pushnil(L);
    }
    else {
        luaL_pushresultsize(&b, n);
    }
    return 1;
}

static int decode(lua_State *L, lco_base64 kind)
{
    if (lua_type(L, 1) != LUA_TSTRING) {
        return luaL_error(L, "string argument only");
    }
    return push_decoded(L, kind);
}

/* ngx.encode_base64(str, no_padding?) */
static int encode_base64(lua_State *L)
{
    size_t len;
    const char *s = lco_api_text(L, 1, &len);
    int no_pad = lua_toboolean(L, 2);

    if (no_pad && !lua_isboolean(L, 2)) {
        return luaL_error(L, "bad no_padding: boolean expected, got %s",
                          luaL_typename(L, 2));
    }
    return push_encoded(L, s, len, no_pad ? LCO_BASE64_NO_PAD : LCO_BASE64);
}

/* ngx.decode_base64(str) */
static int decode_base64(lua_State *L)
{
    return decode(L, LCO_BASE64);
}

/* ngx.decode_base64mime(str) */
static int decode_base64mime(lua_State *L)
{
    return decode(L, LCO_BASE64_MIME);
}

/* base64.encode_base64url(str) */
static int encode_base64url(lua_State *L)
{
    size_t len;
    const char *s;

    if (lua_type(L, 1) != LUA_TSTRING) {
        return lco_api_fail(L, "must provide a string");
    }
    s = lua_tolstring(L, 1, &len);
    return push_encoded(L, s, len, LCO_BASE64_URL);
}

/* base64.decode_base64url(str) */
static int decode_base64url(lua_State *L)
{
    if (lua_type(L, 1) != LUA_TSTRING) {
        return lco_api_fail(L, "must provide a string");
    }
    push_decoded(L, LCO_BASE64_URL);
    return lua_isnil(L, -1) ? lco_api_fail(L, "invalid input") : 1;
}

static const luaL_Reg encode_funcs[] = {
    {"encode_base64", encode_base64},
    {"decode_base64", decode_base64},
    {"decode_base64mime", decode_base64mime},
    {NULL, NULL},
};

static const luaL_Reg base64_funcs[] = {
    {"encode_base64url", encode_base64url},
    {"decode_base64url", decode_base64url},
    {NULL, NULL},
};

static int load_base64(lua_State *L)
{
    luaL_newlib(L, base64_funcs);
    lco_api_add_version(L);
    return 1;
}

void lco_api_open_encode(lua_State *L)
{
    luaL_setfuncs(L, encode_funcs, 0);
    lco_api_preload(L, "ngx.base64", load_base64);
}

/* ngx.md5, ngx.md5_bin, ngx.sha1_bin, ngx.hmac_sha1, ngx.crc32_short and
 * ngx.crc32_long.
 *
 * Thread: inside the VM, any phase.
 */
#include "api/api.h"

#include "api/common.h"
#include "util/digest.h"
#include "util/encode.h"

static int push_bytes(lua_State *L, const unsigned char *p, size_t len)
{
    lua_pushlstring(L, (const char *) p, len);
    return 1;
}

/* ngx.md5(str): 32 hex digits */
static int digest_md5(lua_State *L)
{
    unsigned char md5[LCO_MD5_SIZE];
    char hex[2 * LCO_MD5_SIZE];
    size_t len;
    const char *s = lco_api_text(L, 1, &len);

    lco_md5(md5, s, len);
    lco_hex_encode(hex, (const char *) md5, LCO_MD5_SIZE);
    lua_pushlstring(L, hex, sizeof(hex));
    return 1;
}

static int digest_md5_bin(lua_State *L)
{
    unsigned char md5[LCO_MD5_SIZE];
    size_t len;
    const char *s = lco_api_text(L, 1, &len);

    lco_md5(md5, s, len);
    return push_bytes(L, md5, sizeof(md5));
}

static int digest_sha1_bin(lua_State *L)
{
    unsigned char sha1[LCO_SHA1_SIZE];
    size_t len;
    const char *s = lco_api_text(L, 1, &len);

    lco_sha1(sha1, s, len);
    return push_bytes(L, sha1, sizeof(sha1));
}

/* ngx.hmac_sha1(key, str) */
static int digest_hmac_sha1(lua_State *L)
{
    unsigned char sha1[LCO_SHA1_SIZE];
    size_t key_len, len;
    const char *key, *s;

    if (lua_gettop(L) != 2) {
        return luaL_error(L, "expecting 2 arguments, but got %d",
                          lua_gettop(L));
    }
    key = lco_api_checkstring(L, 1, &key_len);
    s = lco_api_checkstring(L, 2, &len);
    lco_hmac_sha1(sha1, key, key_len, s, len);
    return push_bytes(L, sha1, sizeof(sha1));
}

static int digest_crc32(lua_State *L)
{
    size_t len;
    const char *s = lco_api_text(L, 1, &len);

    lua_pushinteger(L, (lua_Integer) lco_crc32(s, len));
    return 1;
}

static const luaL_Reg digest_funcs[] = {
    {"md5", digest_md5},
    {"md5_bin", digest_md5_bin},
    {"sha1_bin", digest_sha1_bin},
    {"hmac_sha1", digest_hmac_sha1},
    {"crc32_short", digest_crc32},
    {"crc32_long", digest_crc32},
    {NULL, NULL},
};

void lco_api_open_digest(lua_State *L)
{
    luaL_setfuncs(L, digest_funcs, 0);
}

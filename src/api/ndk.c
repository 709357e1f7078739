/* ndk.set_var: the directives of set-misc-nginx-module that take one value, as
 * functions.  Those that take several are no such functions in the reference
 * either.
 *
 * Thread: inside the VM, on the owner of the current request.
 */
#include "api/api.h"

#include "api/common.h"
#include "util/digest.h"
#include "util/encode.h"
#include "util/escape.h"
#include "util/quote.h"

#include <apr_general.h>

#include <string.h>
#include <time.h>

/* What a directive makes of the LEN bytes at S, pushed.  Returns 0, with
 * nothing pushed, where the value is none that it takes. */
typedef int ndk_func(lua_State *L, const char *s, size_t len);

typedef struct ndk_directive {
    const char *name;
    ndk_func *func;
} ndk_directive;

/* ---- escaping and quoting ---- */

static int ndk_escape_uri(lua_State *L, const char *s, size_t len)
{
    size_t n = lco_escape_uri_len(s, len, LCO_ESCAPE_COMPONENT);
    luaL_Buffer b;
    char *p = luaL_buffinitsize(L, &b, n);

    lco_escape_uri(p, s, len, LCO_ESCAPE_COMPONENT);
    luaL_pushresultsize(&b, n);
    return 1;
}

static int ndk_unescape_uri(lua_State *L, const char *s, size_t len)
{
    luaL_Buffer b;
    char *p = luaL_buffinitsize(L, &b, len);

    luaL_pushresultsize(&b, lco_unescape_uri(p, s, len, 1));
    return 1;
}

static int push_quoted(lua_State *L, const char *s, size_t len, lco_quote kind)
{
    size_t n = lco_quote_len(s, len, kind);
    luaL_Buffer b;
    char *p = luaL_buffinitsize(L, &b, n);

    lco_quote_str(p, s, len, kind);
    luaL_pushresultsize(&b, n);
    return 1;
}

static int ndk_quote_sql(lua_State *L, const char *s, size_t len)
{
    return push_quoted(L, s, len, LCO_QUOTE_SQL2);
}

static int ndk_quote_pgsql(lua_State *L, const char *s, size_t len)
{
    return push_quoted(L, s, len, LCO_QUOTE_PGSQL);
}

static int ndk_quote_json(lua_State *L, const char *s, size_t len)
{
    if (!len) {
        lua_pushliteral(L, "null");
        return 1;
    }
    return push_quoted(L, s, len, LCO_QUOTE_JSON);
}

/* ---- encodings ---- */

static int push_base64(lua_State *L, const char *s, size_t len, lco_base64 kind)
{
    size_t n = lco_base64_encoded_len(len, kind);
    luaL_Buffer b;
    char *p = luaL_buffinitsize(L, &b, n);

    lco_base64_encode(p, s, len, kind);
    luaL_pushresultsize(&b, n);
    return 1;
}

static int push_plain(lua_State *L, const char *s, size_t len, lco_base64 kind)
{
    luaL_Buffer b;
    char *p = luaL_buffinitsize(L, &b, lco_base64_decoded_max(len));
    size_t n = lco_base64_decode(p, s, len, kind);

    if (n == LCO_DECODE_FAILED) {
        return 0;
    }
    luaL_pushresultsize(&b, n);
    return 1;
}

static int ndk_encode_base64(lua_State *L, const char *s, size_t len)
{
    return push_base64(L, s, len, LCO_BASE64);
}

static int ndk_decode_base64(lua_State *L, const char *s, size_t len)
{
    return push_plain(L, s, len, LCO_BASE64);
}

static int ndk_encode_base64url(lua_State *L, const char *s, size_t len)
{
    return push_base64(L, s, len, LCO_BASE64_URL);
}

static int ndk_decode_base64url(lua_State *L, const char *s, size_t len)
{
    return push_plain(L, s, len, LCO_BASE64_URL);
}

static int ndk_encode_hex(lua_State *L, const char *s, size_t len)
{
    luaL_Buffer b;
    char *p = luaL_buffinitsize(L, &b, 2 * len);

    luaL_pushresultsize(&b, lco_hex_encode(p, s, len));
    return 1;
}

static int ndk_decode_hex(lua_State *L, const char *s, size_t len)
{
    luaL_Buffer b;
    char *p = luaL_buffinitsize(L, &b, len / 2);
    size_t n = lco_hex_decode(p, s, len);

    if (n == LCO_DECODE_FAILED) {
        return 0;
    }
    luaL_pushresultsize(&b, n);
    return 1;
}

static int ndk_encode_base32(lua_State *L, const char *s, size_t len)
{
    size_t n = lco_base32_encoded_len(len, LCO_BASE32_PAD);
    luaL_Buffer b;
    char *p = luaL_buffinitsize(L, &b, n);

    lco_base32_encode(p, s, len, LCO_BASE32_PAD);
    luaL_pushresultsize(&b, n);
    return 1;
}

/* What is no base32 gives the empty string, as there. */
static int ndk_decode_base32(lua_State *L, const char *s, size_t len)
{
    luaL_Buffer b;
    char *p = luaL_buffinitsize(L, &b, lco_base32_decoded_max(len));
    size_t n = lco_base32_decode(p, s, len);

    luaL_pushresultsize(&b, n == LCO_DECODE_FAILED ? 0 : n);
    return 1;
}

/* ---- digests, in hex ---- */

static int push_hex(lua_State *L, const unsigned char *digest, size_t len)
{
    char hex[2 * LCO_SHA1_SIZE];

    lua_pushlstring(L, hex, lco_hex_encode(hex, (const char *) digest, len));
    return 1;
}

static int ndk_md5(lua_State *L, const char *s, size_t len)
{
    unsigned char md5[LCO_MD5_SIZE];

    lco_md5(md5, s, len);
    return push_hex(L, md5, sizeof(md5));
}

static int ndk_sha1(lua_State *L, const char *s, size_t len)
{
    unsigned char sha1[LCO_SHA1_SIZE];

    lco_sha1(sha1, s, len);
    return push_hex(L, sha1, sizeof(sha1));
}

/* ---- the time ---- */

/* By a format of strftime(); a result of more than 255 bytes, or none at all,
 * is the empty string. */
static int push_time(lua_State *L, const char *format, const struct tm *tm)
{
    char buf[256];
    size_t len;

    /* The format is the caller's: strftime() takes any. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    len = strftime(buf, sizeof(buf), format, tm);
#pragma GCC diagnostic pop
    lua_pushlstring(L, buf, len);
    return 1;
}

static int ndk_local_today(lua_State *L, const char *s, size_t len)
{
    time_t now = time(NULL);
    struct tm tm;

    (void) s;
    (void) len;
    return push_time(L, "%Y-%m-%d", localtime_r(&now, &tm));
}

static int ndk_formatted_local_time(lua_State *L, const char *s, size_t len)
{
    time_t now = time(NULL);
    struct tm tm;

    (void) len;
    return push_time(L, s, localtime_r(&now, &tm));
}

static int ndk_formatted_gmt_time(lua_State *L, const char *s, size_t len)
{
    time_t now = time(NULL);
    struct tm tm;

    (void) len;
    return push_time(L, s, gmtime_r(&now, &tm));
}

/* ---- random strings ---- */

/* As many of ALPHABET's N characters as S says, up to 64. */
static int push_random(lua_State *L, const char *s, size_t len,
                       const char *alphabet, unsigned n)
{
    enum {
        MOST = 64
    };
    unsigned char bytes[MOST];
    char out[MOST];
    size_t wanted = 0, i, got = 0;

    for (i = 0; i < len && wanted <= MOST && s[i] >= '0' && s[i] <= '9'; i++) {
        wanted = wanted * 10 + (size_t) (s[i] - '0');
    }
    if (!len || i < len || wanted < 1 || wanted > MOST) {
        return 0;
    }
    while (got < wanted) {
        if (apr_generate_random_bytes(bytes, sizeof(bytes)) != APR_SUCCESS) {
            return 0;
        }
        for (i = 0; i < sizeof(bytes) && got < wanted; i++) {
            /* what is past the last whole round would favour the first ones */
            if (bytes[i] < 256 / n * n) {
                out[got++] = alphabet[bytes[i] % n];
            }
        }
    }
    lua_pushlstring(L, out, wanted);
    return 1;
}

static int ndk_random_alphanum(lua_State *L, const char *s, size_t len)
{
    static const char alphabet[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

    return push_random(L, s, len, alphabet, sizeof(alphabet) - 1);
}

static int ndk_random_lcalpha(lua_State *L, const char *s, size_t len)
{
    static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz";

    return push_random(L, s, len, alphabet, sizeof(alphabet) - 1);
}

/* ---- the tables ---- */

static const ndk_directive directives[] = {
    {"set_escape_uri", ndk_escape_uri},
    {"set_unescape_uri", ndk_unescape_uri},
    {"set_quote_sql_str", ndk_quote_sql},
    {"set_quote_pgsql_str", ndk_quote_pgsql},
    {"set_quote_json_str", ndk_quote_json},
    {"set_encode_base64", ndk_encode_base64},
    {"set_decode_base64", ndk_decode_base64},
    {"set_encode_base64url", ndk_encode_base64url},
    {"set_decode_base64url", ndk_decode_base64url},
    {"set_encode_hex", ndk_encode_hex},
    {"set_decode_hex", ndk_decode_hex},
    {"set_encode_base32", ndk_encode_base32},
    {"set_decode_base32", ndk_decode_base32},
    {"set_md5", ndk_md5},
    {"set_sha1", ndk_sha1},
    {"set_local_today", ndk_local_today},
    {"set_formatted_local_time", ndk_formatted_local_time},
    {"set_formatted_gmt_time", ndk_formatted_gmt_time},
    {"set_secure_random_alphanum", ndk_random_alphanum},
    {"set_secure_random_lcalpha", ndk_random_lcalpha},
};

/* A directive's function, called with one value of any type.  Upvalue 1 is
 * the directive. */
static int ndk_call(lua_State *L)
{
    const ndk_directive *d = lua_touserdata(L, lua_upvalueindex(1));
    const char *s;
    size_t len;

    if (!lco_req_get(L) && lco_vm_of(L)->boot_phase == LCO_PHASE_INIT) {
        return luaL_error(L, "no request found");
    }
    lua_settop(L, 1);
    s = lco_api_tolstring(L, 1, &len);
    if (!d->func(L, s, len)) {
        return luaL_error(L, "calling directive %s failed with code -1",
                          d->name);
    }
    return 1;
}

/* ndk.set_var.NAME; upvalue 1 has the functions. */
static int ndk_index(lua_State *L)
{
    size_t len;
    const char *name;

    lua_settop(L, 2);
    name = lco_api_tolstring(L, 2, &len);
    lua_pushvalue(L, -1);
    if (lua_rawget(L, lua_upvalueindex(1)) == LUA_TNIL) {
        return luaL_error(L,
                          "ndk.set_var: directive \"%s\" not found or does not "
                          "use ndk_set_var_value",
                          name);
    }
    return 1;
}

static int ndk_newindex(lua_State *L)
{
    return luaL_error(L, "not allowed");
}

void lco_api_open_ndk(lua_State *L)
{
    size_t i, n = sizeof(directives) / sizeof(directives[0]);

    lua_createtable(L, 0, 0); /* set_var */
    lua_createtable(L, 0, 2); /* its metatable */
    lua_createtable(L, 0, (int) n);
    for (i = 0; i < n; i++) {
        lua_pushlightuserdata(L, (void *) &directives[i]);
        lua_pushcclosure(L, ndk_call, 1);
        lua_setfield(L, -2, directives[i].name);
    }
    lua_pushcclosure(L, ndk_index, 1);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, ndk_newindex);
    lua_setfield(L, -2, "__newindex");
    lua_setmetatable(L, -2);
    lua_setfield(L, -2, "set_var");
}

/* The constants: ngx.OK, ngx.HTTP_*, ngx.ERR...  The numbers are the
 * reference's, since scripts compare and store them.
 *
 * Thread: inside the VM, while the state is built.
 */
#include "api/api.h"

typedef struct lco_const {
    const char *name;
    int value;
} lco_const;

static const lco_const consts[] = {
    {"OK", 0},
    {"ERROR", -1},
    {"AGAIN", -2},
    {"DONE", -4},
    {"DECLINED", -5},

    /* methods: one bit each */
    {"HTTP_GET", 1 << 1},
    {"HTTP_HEAD", 1 << 2},
    {"HTTP_POST", 1 << 3},
    {"HTTP_PUT", 1 << 4},
    {"HTTP_DELETE", 1 << 5},
    {"HTTP_MKCOL", 1 << 6},
    {"HTTP_COPY", 1 << 7},
    {"HTTP_MOVE", 1 << 8},
    {"HTTP_OPTIONS", 1 << 9},
    {"HTTP_PROPFIND", 1 << 10},
    {"HTTP_PROPPATCH", 1 << 11},
    {"HTTP_LOCK", 1 << 12},
    {"HTTP_UNLOCK", 1 << 13},
    {"HTTP_PATCH", 1 << 14},
    {"HTTP_TRACE", 1 << 15},

    {"HTTP_CONTINUE", 100},
    {"HTTP_SWITCHING_PROTOCOLS", 101},
    {"HTTP_OK", 200},
    {"HTTP_CREATED", 201},
    {"HTTP_ACCEPTED", 202},
    {"HTTP_NO_CONTENT", 204},
    {"HTTP_PARTIAL_CONTENT", 206},
    {"HTTP_SPECIAL_RESPONSE", 300},
    {"HTTP_MOVED_PERMANENTLY", 301},
    {"HTTP_MOVED_TEMPORARILY", 302},
    {"HTTP_SEE_OTHER", 303},
    {"HTTP_NOT_MODIFIED", 304},
    {"HTTP_TEMPORARY_REDIRECT", 307},
    {"HTTP_PERMANENT_REDIRECT", 308},
    {"HTTP_BAD_REQUEST", 400},
    {"HTTP_UNAUTHORIZED", 401},
    {"HTTP_PAYMENT_REQUIRED", 402},
    {"HTTP_FORBIDDEN", 403},
    {"HTTP_NOT_FOUND", 404},
    {"HTTP_NOT_ALLOWED", 405},
    {"HTTP_NOT_ACCEPTABLE", 406},
    {"HTTP_REQUEST_TIMEOUT", 408},
    {"HTTP_CONFLICT", 409},
    {"HTTP_GONE", 410},
    {"HTTP_UPGRADE_REQUIRED", 426},
    {"HTTP_TOO_MANY_REQUESTS", 429},
    {"HTTP_CLOSE", 444},
    {"HTTP_ILLEGAL", 451},
    {"HTTP_INTERNAL_SERVER_ERROR", 500},
    {"HTTP_NOT_IMPLEMENTED", 501},
    {"HTTP_METHOD_NOT_IMPLEMENTED", 501}, /* an older name of 501 */
    {"HTTP_BAD_GATEWAY", 502},
    {"HTTP_SERVICE_UNAVAILABLE", 503},
    {"HTTP_GATEWAY_TIMEOUT", 504},
    {"HTTP_VERSION_NOT_SUPPORTED", 505},
    {"HTTP_INSUFFICIENT_STORAGE", 507},

    /* log levels, from log.c's table */
    {"STDERR", 0},
    {"EMERG", 1},
    {"ALERT", 2},
    {"CRIT", 3},
    {"ERR", 4},
    {"WARN", 5},
    {"NOTICE", 6},
    {"INFO", 7},
    {"DEBUG", 8},
};

void lco_api_open_consts(lua_State *L)
{
    size_t i;

    for (i = 0; i < sizeof(consts) / sizeof(consts[0]); i++) {
        lua_pushinteger(L, consts[i].value);
        lua_setfield(L, -2, consts[i].name);
    }
    lua_pushlightuserdata(L, NULL);
    lua_setfield(L, -2, "null");
}

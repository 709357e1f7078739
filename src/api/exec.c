/* ngx.exec: the request goes on at another URI.
 *
 * Thread: inside the VM, on the owner of the current request.
 */
#include "api/api.h"

#include "api/args.h"
#include "api/common.h"
#include "req/exec.h"
#include "util/escape.h"

#include <string.h>

#include <apr_strings.h>
#include <http_log.h>

APLOG_USE_MODULE(luaco);

/* Is there a ".." segment, or a NUL byte? */
static int is_unsafe(const char *s, size_t len)
{
    size_t i;

    for (i = 0; i < len; i++) {
        if (s[i] == '\0') {
            return 1;
        }
        if (s[i] == '.' && (i == 0 || s[i - 1] == '/') && i + 1 < len &&
            s[i + 1] == '.' && (i + 2 == len || s[i + 2] == '/')) {
            return 1;
        }
    }
    return 0;
}

/* The string at IDX as a part of r->args, whose readers do not expect blanks
 * and controls. */
LX_RAISES __attribute__((returns_nonnull)) static const char *
args_of(lua_State *L, int idx, apr_pool_t *pool, size_t *outlen)
{
    static const char hex[] = "0123456789ABCDEF";
    size_t len, i;
    const char *s;
    char *copy, *p;

    switch (lua_type(L, idx)) {
    case LUA_TNONE:
    case LUA_TNIL:
        *outlen = 0;
        return "";
    case LUA_TNUMBER:
    case LUA_TSTRING:
        s = lco_api_checkstring(L, idx, &len);
        break;
    case LUA_TTABLE:
        s = lco_api_encode_args(L, idx, &len);
        break;
    default:
        luaL_argerror(
            L, idx,
            lua_pushfstring(L, "string, number, or table expected, but got %s",
                            luaL_typename(L, idx)));
        __builtin_unreachable();
    }
    copy = p = apr_palloc(pool, len * 3 + 1);
    for (i = 0; i < len; i++) {
        unsigned char c = (unsigned char) s[i];

        if (c <= ' ' || c == 127) {
            *p++ = '%';
            *p++ = hex[c >> 4];
            *p++ = hex[c & 15];
        }
        else {
            *p++ = s[i];
        }
    }
    *p = '\0';
    *outlen = (size_t) (p - copy);
    return copy;
}

LX_RAISES static int unsafe(lua_State *L, lco_req *req, const char *uri,
                            size_t len)
{
    ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, req->r,
                  "unsafe URI \"%s\" was detected",
                  apr_pstrmemdup(req->r->pool, uri, len));
    return luaL_error(L, "unsafe uri");
}

/* ngx.exec(uri, args?): does not return. */
static int control_exec(lua_State *L)
{
    int n = lua_gettop(L);
    size_t len, path_len, args_len, more_len = 0;
    const char *uri, *mark, *args, *more;
    apr_pool_t *rpool;
    lco_exec *to;
    lco_req *req;
    char *path;

    if (n != 1 && n != 2) {
        return luaL_error(L, "expecting one or two arguments, but got %d", n);
    }
    if (!lco_req_get(L) && lco_vm_of(L)->boot_phase == LCO_PHASE_INIT) {
        return luaL_error(L, "no request object found");
    }
    if (!lua_isstring(L, 1)) {
        return lco_api_typeerror(L, 1, "string");
    }
    uri = lco_api_checkstring(L, 1, &len);
    if (!len) {
        return luaL_error(L, "The uri argument is empty");
    }
    req = lco_api_req(L, LCO_OUTPUT, "no request object found");
    lco_req_check_abortable(L, req);
    rpool = req->r->pool;

    mark = memchr(uri, '?', len);
    path_len = mark ? (size_t) (mark - uri) : len;
    if (!path_len || is_unsafe(uri, path_len)) {
        return unsafe(L, req, uri, len);
    }
    path = apr_palloc(rpool, path_len + 1);
    path_len = lco_unescape_uri(path, uri, path_len, 0);
    path[path_len] = '\0';
    if (is_unsafe(path, path_len)) {
        return unsafe(L, req, uri, len);
    }
    args_len = mark ? len - (size_t) (mark - uri) - 1 : 0;
    lua_settop(L, 2);
    lua_pushlstring(L, mark ? mark + 1 : "", args_len);
    args = args_of(L, 3, rpool, &args_len);
    more = args_of(L, 2, rpool, &more_len);
    if (more_len) {
        args = args_len ? apr_pstrcat(rpool, args, "&", more, NULL) : more;
    }
    if (lco_api_headers_sent(req)) {
        return luaL_error(L, "attempt to call ngx.exec after sending out "
                             "response headers");
    }

    to = apr_pcalloc(rpool, sizeof(*to));
    if (path[0] == '@') {
        to->name = apr_pstrcat(rpool, "/", path, NULL);
        if (*args) {
            ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, req->r,
                          "query strings %s ignored when exec'ing named "
                          "location %s",
                          args, path);
        }
    }
    else {
        to->path = path;
        to->args = *args ? args : NULL;
    }
    req->exec = to;
    return lco_run_exit(L, &req->run, LCO_WHY_EXEC, LCO_OK);
}

static const luaL_Reg exec_funcs[] = {
    {"exec", control_exec},
    {NULL, NULL},
};

void lco_api_open_exec(lua_State *L)
{
    luaL_setfuncs(L, exec_funcs, 0);
}

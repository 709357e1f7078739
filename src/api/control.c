/* Functions that end the whole request's Lua (ngx.exit, ngx.redirect), and what
 * is run when the client leaves (ngx.on_abort).
 *
 * Thread: inside the VM, on the owner of the current request.
 */
#include "api/api.h"

#include "api/common.h"

#include <httpd.h>
#include <apr_strings.h>
#include <http_log.h>
#include <http_protocol.h>

#include <limits.h>
#include <math.h>

APLOG_USE_MODULE(luaco);

/* Statuses that close the connection, whatever has been sent before. */
#define STATUS_TIMEOUT 408
#define STATUS_CLOSE 444
#define STATUS_CLIENT_GONE 499

/* ngx.exit(code): code is ngx.OK, ngx.ERROR, ngx.DECLINED or a status.  Does
 * not return where Lua may yield. */
static int control_exit(lua_State *L)
{
    lco_req *req = lco_req_get(L);
    int code;

    if (!req && lco_vm_of(L)->boot_phase == LCO_PHASE_INIT) {
        return luaL_error(L, "no request found");
    }
    if (lua_type(L, 1) != LUA_TNUMBER) {
        /* "403" is no number here, in the reference neither. */
        return lco_api_typeerror(L, 1, "number");
    }
    code = lco_api_toint(L, 1);
    if (code == INT_MIN) {
        return luaL_argerror(L, 1, "number out of range");
    }
    if (code == LCO_AGAIN || code == LCO_DONE) {
        return luaL_error(L, "bad argument to 'ngx.exit': does not accept "
                             "NGX_AGAIN or NGX_DONE");
    }
    req = lco_api_req(L, LCO_YIELDABLE | LCO_BIT(LCO_PHASE_HEADER_FILTER),
                      "no request found");
    if (req->phase == LCO_PHASE_HEADER_FILTER) {
        /* A plain call: the code runs on, the filter acts on it later. */
        req->exit_asked = 1;
        req->exit_code = code;
        return 0;
    }

    if (code != LCO_ERROR && code != STATUS_TIMEOUT && code != STATUS_CLOSE &&
        code != STATUS_CLIENT_GONE) {
        lco_req_check_abortable(L, req);
    }
    if (req->buffering && code >= HTTP_OK && code != STATUS_TIMEOUT &&
        code != STATUS_CLOSE && code != STATUS_CLIENT_GONE) {
        code = HTTP_OK; /* what was written is the response */
    }
    if (lco_api_headers_sent(req) && code >= HTTP_MULTIPLE_CHOICES &&
        code != STATUS_TIMEOUT && code != STATUS_CLOSE &&
        code != STATUS_CLIENT_GONE) {
        if (code != lco_api_status(req)) {
            ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, req->r,
                          "attempt to set status %d via ngx.exit after "
                          "sending out the response status %d",
                          code, lco_api_status(req));
        }
        code = HTTP_OK;
    }
    return lco_run_exit(L, &req->run, LCO_WHY_EXIT, code);
}

/* ngx.on_abort(fn): FN is run as a light thread when the client goes away
 * before the phase's Lua has ended.  1, or nil and why not. */
static int control_on_abort(lua_State *L)
{
    lco_req *req = lco_req_get(L);
    const char *why = NULL;

    if (!req) {
        return luaL_error(L, "no request found");
    }
    if (req->stage != LCO_STAGE_IDLE && req->run.aborts) {
        why = "duplicate call";
    }
    else if (req->dconf->check_client_abort != 1) {
        why = "LuaCoCheckClientAbort is Off";
    }
    if (why) {
        lua_pushnil(L);
        lua_pushstring(L, why);
        return 2;
    }
    lco_run_on_abort(L, req->vm->sched);
    lua_pushinteger(L, 1);
    return 1;
}

/* A byte that no URI may hold unescaped: controls but the tab. */
static int is_unsafe(unsigned char c)
{
    return (c < ' ' && c != '\t') || c == 127;
}

/* Pushes the LEN bytes at S as an error message may show them.  [-0, +1] */
LX_RAISES static const char *push_for_log(lua_State *L, const char *s,
                                          size_t len)
{
    luaL_Buffer b;
    char hex[sizeof("\\xFF")];
    size_t i;

    luaL_buffinit(L, &b);
    for (i = 0; i < len; i++) {
        unsigned char c = (unsigned char) s[i];

        if (c < ' ' || c == '"' || c == '\\' || c >= 127) {
            apr_snprintf(hex, sizeof(hex), "\\x%02X", c);
            luaL_addstring(&b, hex);
        }
        else {
            luaL_addchar(&b, (char) c);
        }
    }
    luaL_pushresult(&b);
    return lua_tostring(L, -1);
}

static int is_redirect(lua_Number n)
{
    static const int known[] = {301, 302, 303, 307, 308};
    size_t i;

    for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (n == known[i]) {
            return 1;
        }
    }
    return 0;
}

/* ngx.redirect(uri, status = 302): the response is a redirection to URI, as
 * it is written.  Does not return. */
static int control_redirect(lua_State *L)
{
    int nargs = lua_gettop(L), code = HTTP_MOVED_TEMPORARILY;
    request_rec *r;
    const char *uri;
    lco_req *req;
    char byte[sizeof("0xff")];
    size_t len, i;

    if (nargs != 1 && nargs != 2) {
        return luaL_error(L, "expecting one or two arguments");
    }
    if (!lua_isstring(L, 1)) {
        return lco_api_typeerror(L, 1, "string");
    }
    uri = lua_tolstring(L, 1, &len);
    if (nargs == 2) {
        lua_Number status = trunc(lco_api_checknumber(L, 2));

        if (!is_redirect(status)) {
            return luaL_error(L, "only ngx.HTTP_MOVED_TEMPORARILY, "
                                 "ngx.HTTP_MOVED_PERMANENTLY, "
                                 "ngx.HTTP_PERMANENT_REDIRECT, "
                                 "ngx.HTTP_SEE_OTHER, and "
                                 "ngx.HTTP_TEMPORARY_REDIRECT are allowed");
        }
        code = (int) status;
    }
    req = lco_api_req(L, LCO_OUTPUT, "no request object found");
    lco_req_check_abortable(L, req);
    if (lco_api_headers_sent(req)) {
        return luaL_error(L, "attempt to call ngx.redirect after sending out "
                             "the headers");
    }
    for (i = 0; i < len; i++) {
        if (is_unsafe((unsigned char) uri[i])) {
            apr_snprintf(byte, sizeof(byte), "0x%02x", (unsigned char) uri[i]);
            return luaL_error(L, "unsafe byte \"%s\" in redirect uri \"%s\"",
                              byte, push_for_log(L, uri, len));
        }
    }
    r = req->r;
    apr_table_unset(r->headers_out, "Location");
    apr_table_setn(r->err_headers_out, "Location",
                   apr_pstrmemdup(r->pool, uri, len));
    /* What Lua wrote to ngx.status counts no more. */
    req->status_set = code;
    return lco_run_exit(L, &req->run, LCO_WHY_EXIT, code);
}

static const luaL_Reg control_funcs[] = {
    {"exit", control_exit},
    {"on_abort", control_on_abort},
    {"redirect", control_redirect},
    {NULL, NULL},
};

void lco_api_open_control(lua_State *L)
{
    luaL_setfuncs(L, control_funcs, 0);
}

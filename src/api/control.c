/* Functions that end the whole request's Lua: ngx.exit.
 *
 * Thread: inside the VM, on the owner of the current request.
 */
#include "api/api.h"

#include "api/common.h"

#include <httpd.h>
#include <http_log.h>
#include <http_protocol.h>

#include <limits.h>

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

static const luaL_Reg control_funcs[] = {
    {"exit", control_exit},
    {NULL, NULL},
};

void lco_api_open_control(lua_State *L)
{
    luaL_setfuncs(L, control_funcs, 0);
}

/* LuaCoSet: runs the Lua of a variable and stores what it returns.
 *
 * A worker runs it inside the phase's hook.  The arguments are httpd
 * expressions, which may read files: they are evaluated with the VM left.
 */
#include "req/set.h"

#include <ap_expr.h>
#include <apr_strings.h>
#include <http_log.h>

#include "req/drive.h"
#include "req/vars.h"
#include "vm/code.h"

APLOG_USE_MODULE(luaco);

typedef struct set_call {
    lco_req *req;
    const lco_set *set;
    lco_var_set_result result;
} set_call;

/* The stack has the page's function and a set_call.  Whatever is no string
 * and no number is an empty value, as in the reference. */
static int call_set(lua_State *L)
{
    set_call *call = lua_touserdata(L, 2);
    const lco_set *set = call->set;
    char number[LX_NUMSIZE];
    const char *value = "";
    size_t len = 0;
    int i;

    lua_settop(L, 1);
    luaL_checkstack(L, set->nargs, "too many arguments");
    for (i = 0; i < set->nargs; i++) {
        lua_pushstring(L, call->req->set_args[i]);
    }
    lua_call(L, set->nargs, 1);

    if (lua_type(L, -1) == LUA_TNUMBER) {
        len = lx_num2str(L, -1, number);
        value = number;
    }
    else if (lua_type(L, -1) == LUA_TSTRING) {
        value = lua_tolstring(L, -1, &len);
    }
    call->result =
        lco_var_set(call->req, set->var, strlen(set->var), value, len);
    return 0;
}

/* [in VM]  NULL or what went wrong, of r's pool. */
static const char *run_one(lco_req *req, const lco_set *set)
{
    lua_State *L = req->vm->L;
    set_call call = {req, set, LCO_VAR_SET};
    const char *msg = NULL;
    lco_code_use use = {0, 0};
    int status =
        lco_vm_take_code(req->vm, set->code, lco_drive_cache(req), &use);

    if (status == LUA_OK) {
        lua_pushcfunction(L, call_set);
        lua_insert(L, 1);
        lua_pushlightuserdata(L, &call);
        status = lx_pcall(L, 2, 0);
    }
    if (status != LUA_OK) {
        msg = apr_pstrdup(req->r->pool, lco_vm_error_text(L, -1));
    }
    else if (call.result == LCO_VAR_UNFIT) {
        msg = apr_psprintf(req->r->pool,
                           "variable \"%s\" cannot be assigned a value",
                           set->var);
    }
    lua_settop(L, 0);
    lco_vm_give_code(req->vm, &use);
    return msg;
}

/* The arguments as strings; NULL and *MSG where one cannot be evaluated. */
static const char *const *evaluate(request_rec *r, const lco_set *set,
                                   const char **msg)
{
    const char **args =
        apr_palloc(r->pool, sizeof(*args) * ((size_t) set->nargs + 1));
    int i;

    *msg = NULL;
    for (i = 0; i < set->nargs; i++) {
        args[i] = ap_expr_str_exec(r, set->args[i], msg);
        if (*msg) {
            return NULL;
        }
    }
    return args;
}

static int run(request_rec *r, const lco_set *set)
{
    const char *msg;
    const char *const *args = evaluate(r, set, &msg);
    lco_req *req;

    if (args) {
        req = lco_drive_begin(r, LCO_PHASE_SET, set->code);
        if (!req) {
            return HTTP_INTERNAL_SERVER_ERROR;
        }
        req->set_args = args;
        req->set_nargs = set->nargs;
        lco_drive_enter(req, 0);
        req->vm->cur = req;
        msg = run_one(req, set);
        req->vm->cur = NULL;
        lco_vm_leave(req->vm);
        req->set_nargs = 0;
    }
    if (msg) {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
                      "failed to run LuaCoSet %s: %s", set->var, msg);
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    return OK;
}

int lco_set_run(request_rec *r, const apr_array_header_t *sets)
{
    int i, status = OK;

    for (i = 0; i < sets->nelts && status == OK; i++) {
        const lco_set *set = &APR_ARRAY_IDX(sets, i, lco_set);

        if (set->code != &lco_code_none) {
            status = run(r, set);
        }
    }
    return status;
}

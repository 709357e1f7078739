/* ngx.ctx: a table that lives as long as its request.
 *
 * It is an entry of the registry, req->ctx_ref, made at the first access; the
 * request's cleanup drops the reference.  The target of an internal redirect
 * is a request of its own to httpd; it has the table of the one it came from,
 * so that LuaCoLog and error pages find what earlier phases left.
 * LuaCoInitWorker and LuaCoExitWorker have no request; they share a table of
 * the VM.
 *
 * Thread: inside the VM, on the owner of the current request.
 */
#include "api/api.h"

#include "api/common.h"

/* Registry key of the table for phases without a request. */
static char boot_ctx;

/* The request that holds the table, or NULL in a boot phase that may have a
 * ctx. */
static lco_req *ctx_owner(lua_State *L)
{
    lco_req *req = lco_req_get(L), *first;

    if (!req) {
        if (lco_vm_of(L)->boot_phase == LCO_PHASE_INIT) {
            luaL_error(L, "no request found");
        }
        return NULL;
    }
    if (!req->r->prev) {
        return req;
    }
    first = lco_req_obtain(lco_req_first(req->r));
    if (!first) {
        luaL_error(L, "no memory");
        return NULL;
    }
    if (!first->vm) {
        first->vm = req->vm; /* which drops the reference */
    }
    return first;
}

static int is_unset(const lco_req *req)
{
    return req->ctx_ref == LUA_NOREF || req->ctx_ref == LUA_REFNIL;
}

int lco_api_get_ctx(lua_State *L)
{
    lco_req *req = ctx_owner(L);

    if (!req) {
        if (lua_rawgetp(L, LUA_REGISTRYINDEX, &boot_ctx) != LUA_TTABLE) {
            lua_createtable(L, 0, 4);
            lua_pushvalue(L, -1);
            lua_rawsetp(L, LUA_REGISTRYINDEX, &boot_ctx);
        }
        return 1;
    }
    if (is_unset(req)) {
        lua_createtable(L, 0, 4);
        lua_pushvalue(L, -1);
        req->ctx_ref = luaL_ref(L, LUA_REGISTRYINDEX);
        return 1;
    }
    lua_rawgeti(L, LUA_REGISTRYINDEX, req->ctx_ref);
    return 1;
}

int lco_api_set_ctx(lua_State *L)
{
    lco_req *req;

    if (!lua_istable(L, 3)) {
        return luaL_error(L, "ctx should be a table while getting a %s",
                          luaL_typename(L, 3));
    }
    req = ctx_owner(L);
    lua_settop(L, 3);
    if (!req) {
        lua_rawsetp(L, LUA_REGISTRYINDEX, &boot_ctx);
    }
    else if (is_unset(req)) {
        req->ctx_ref = luaL_ref(L, LUA_REGISTRYINDEX);
    }
    else {
        lua_rawseti(L, LUA_REGISTRYINDEX, req->ctx_ref);
    }
    return 0;
}

/* ctx is a computed field (see open.c): nothing to add to the table. */
void lco_api_open_ctx(lua_State *L)
{
    (void) L;
}

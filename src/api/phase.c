/* ngx.get_phase and ngx.is_subrequest.
 *
 * Thread: inside the VM, any phase.
 */
#include "api/api.h"

#include "api/common.h"

/* The phase by lua-nginx-module's name ("content", not "LuaCoHandler"), since
 * libraries compare it. */
static int phase_get(lua_State *L)
{
    const lco_req *req = lco_req_get(L);

    lua_pushstring(
        L, lco_phase_words[req ? req->phase : lco_vm_of(L)->boot_phase]);
    return 1;
}

int lco_api_get_is_subrequest(lua_State *L)
{
    const lco_req *req = lco_api_http(L);

    lua_pushboolean(L, req->r->main || req->capture);
    return 1;
}

static const luaL_Reg phase_funcs[] = {
    {"get_phase", phase_get},
    {NULL, NULL},
};

void lco_api_open_phase(lua_State *L)
{
    luaL_setfuncs(L, phase_funcs, 0);
}

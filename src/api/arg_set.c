/* ngx.arg in LuaCoSet: the arguments that follow the variable's name.
 *
 * Thread: inside the VM, on the owner of the current request.
 */
#include "api/common.h"

int lco_api_arg_of_set(lua_State *L, const lco_req *req)
{
    int n;

    if (lua_type(L, 2) != LUA_TNUMBER) {
        return 0;
    }
    n = lco_api_toint(L, 2);
    if (n < 1 || n > req->set_nargs || !*req->set_args[n - 1]) {
        return 0;
    }
    lua_pushstring(L, req->set_args[n - 1]);
    return 1;
}

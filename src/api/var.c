/* ngx.var: variables of the request; req/vars.c knows them.
 *
 * Thread: inside the VM, on the owner of the current request.
 */
#include "api/api.h"

#include "api/common.h"
#include "req/vars.h"

/* ngx.var[name]: a string or nil.  A number asks for a capture of the
 * location's pattern. */
static int var_index(lua_State *L)
{
    lco_req *req = lco_api_http(L);
    const char *name;
    size_t len;
    lco_var var;

    switch (lua_type(L, 2)) {
    case LUA_TNUMBER:
        if (!lco_var_capture(req, lco_api_toint(L, 2), &var)) {
            return 0;
        }
        lua_pushlstring(L, var.data, var.len);
        return 1;
    case LUA_TSTRING:
        break;
    default:
        return luaL_error(L, "bad variable name");
    }
    name = lua_tolstring(L, 2, &len);
    if (!lco_var_get(req, name, len, &var)) {
        return 0;
    }
    lua_pushlstring(L, var.data, var.len);
    return 1;
}

/* ngx.var[name] = value; nil removes it. */
static int var_newindex(lua_State *L)
{
    lco_req *req = lco_api_http(L);
    const char *name, *value = NULL;
    size_t len, value_len = 0;

    if (lua_type(L, 2) != LUA_TSTRING) {
        return luaL_error(L, "bad variable name");
    }
    lua_settop(L, 3);
    name = lua_tolstring(L, 2, &len);
    if (!lua_isnil(L, 3)) {
        value = lco_api_tolstring(L, 3, &value_len);
    }

    switch (lco_var_set(req, name, len, value, value_len)) {
    case LCO_VAR_SET:
        break;
    case LCO_VAR_READONLY:
        return luaL_error(L, "variable \"%s\" not changeable", name);
    case LCO_VAR_COMPUTED:
        return luaL_error(L,
                          "variable \"%s\" not found for writing; maybe it "
                          "is a built-in variable that is not changeable or "
                          "you forgot to use \"set $%s '';\" in the config "
                          "file to define it first",
                          name, name);
    case LCO_VAR_UNFIT:
        return luaL_error(L, "variable \"%s\" cannot be assigned a value",
                          name);
    }
    return 0;
}

static const luaL_Reg var_meta[] = {
    {"__index", var_index},
    {"__newindex", var_newindex},
    {NULL, NULL},
};

void lco_api_open_var(lua_State *L)
{
    lua_createtable(L, 0, 0);
    luaL_newlib(L, var_meta);
    lua_setmetatable(L, -2);
    lua_setfield(L, -2, "var");
}

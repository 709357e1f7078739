/* ngx.config: what the server is.
 *
 * Thread: inside the VM, any phase.
 */
#include "api/api.h"

#include "req/vars.h"

#include <httpd.h>
#include <http_config.h>
#include <http_core.h>
#include <http_main.h>

/* ngx.config.prefix(): ServerRoot, ending in a slash as nginx's prefix. */
static int config_prefix(lua_State *L)
{
    const char *root = ap_server_root ? ap_server_root : "";
    size_t len = strlen(root);

    lua_pushlstring(L, root, len);
    if (!len || root[len - 1] != '/') {
        lua_pushliteral(L, "/");
        lua_concat(L, 2);
    }
    return 1;
}

/* ngx.config.nginx_configure(): there is no configure line to give, so the
 * server's own description: "Apache/2.4.x (Debian) OpenSSL/...". */
static int config_configure(lua_State *L)
{
    lua_pushstring(L, ap_get_server_description());
    return 1;
}

static const luaL_Reg config_funcs[] = {
    {"prefix", config_prefix},
    {"nginx_configure", config_configure},
    {NULL, NULL},
};

void lco_api_open_config(lua_State *L)
{
    luaL_newlib(L, config_funcs);
#ifdef LCO_DEBUG
    lua_pushboolean(L, 1);
#else
    lua_pushboolean(L, 0);
#endif
    lua_setfield(L, -2, "debug");
    lua_pushinteger(L, LCO_NGINX_VERSION);
    lua_setfield(L, -2, "nginx_version");
    lua_pushinteger(L, LCO_NGX_LUA_VERSION);
    lua_setfield(L, -2, "ngx_lua_version");
    lua_pushliteral(L, "http");
    lua_setfield(L, -2, "subsystem");
    lua_setfield(L, -2, "config");
}

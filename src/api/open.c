/* Builds the table ngx: calls each topic's open function, then gives the
 * table the metatable behind its computed fields.
 *
 * ngx.say and all other functions are plain fields; ngx.ctx, ngx.status,
 * ngx.headers_sent and ngx.is_subrequest have no field and so reach the
 * metatable, where one table look-up finds their C function.
 *
 * Thread: inside the VM, while the state is built.
 */
#include "api/api.h"

#include "api/common.h"

typedef struct lco_magic {
    const char *name;
    lua_CFunction get, set; /* set may be NULL: assignment makes a field */
} lco_magic;

static const lco_magic magics[] = {
    {"ctx", lco_api_get_ctx, lco_api_set_ctx},
    {"status", lco_api_get_status, lco_api_set_status},
    {"headers_sent", lco_api_get_headers_sent, NULL},
    {"is_subrequest", lco_api_get_is_subrequest, NULL},
};

static void (*const topics[])(lua_State *L) = {
    lco_api_open_consts,  lco_api_open_config,    lco_api_open_output,
    lco_api_open_log,     lco_api_open_time,      lco_api_open_var,
    lco_api_open_ctx,     lco_api_open_phase,     lco_api_open_control,
    lco_api_open_exec,    lco_api_open_req,       lco_api_open_resp,
    lco_api_open_sleep,   lco_api_open_escape,    lco_api_open_encode,
    lco_api_open_digest,  lco_api_open_errlog,    lco_api_open_restycore,
    lco_api_open_regex,   lco_api_open_args,      lco_api_open_req_body,
    lco_api_open_respall, lco_api_open_arg,       lco_api_open_sock,
    lco_api_open_shdict,  lco_api_open_req_sock,  lco_api_open_capture,
    lco_api_open_worker,  lco_api_open_semaphore,
};

/* Upvalue 1 of both: name -> C function. */
static lua_CFunction find_magic(lua_State *L)
{
    lua_CFunction f;

    lua_pushvalue(L, 2);
    lua_rawget(L, lua_upvalueindex(1));
    f = lua_tocfunction(L, -1);
    lua_pop(L, 1);
    return f;
}

static int ngx_index(lua_State *L)
{
    lua_CFunction get = find_magic(L);

    return get ? get(L) : 0;
}

static int ngx_newindex(lua_State *L)
{
    lua_CFunction set = find_magic(L);

    if (set) {
        return set(L);
    }
    lua_settop(L, 3);
    lua_rawset(L, 1);
    return 0;
}

static void add_magic(lua_State *L)
{
    size_t i, n = sizeof(magics) / sizeof(magics[0]);

    lua_createtable(L, 0, 2); /* metatable, getters, setters */
    lua_createtable(L, 0, (int) n);
    lua_createtable(L, 0, (int) n);
    for (i = 0; i < n; i++) {
        lua_pushcfunction(L, magics[i].get);
        lua_setfield(L, -3, magics[i].name);
        if (magics[i].set) {
            lua_pushcfunction(L, magics[i].set);
            lua_setfield(L, -2, magics[i].name);
        }
    }
    lua_pushcclosure(L, ngx_newindex, 1);
    lua_setfield(L, -3, "__newindex");
    lua_pushcclosure(L, ngx_index, 1);
    lua_setfield(L, -2, "__index");
    lua_setmetatable(L, -2);
}

/* Makes the table on the stack top the global NAME and the loaded module of
 * that name.  [-1, +0] */
static void publish(lua_State *L, const char *name)
{
    luaL_getsubtable(L, LUA_REGISTRYINDEX, "_LOADED");
    lua_pushvalue(L, -2);
    lua_setfield(L, -2, name);
    lua_pop(L, 1);
    lua_setglobal(L, name);
}

void lco_api_open(lua_State *L)
{
    int top = lua_gettop(L);
    size_t i;

    lua_createtable(L, 0, 128);
    for (i = 0; i < sizeof(topics) / sizeof(topics[0]); i++) {
        topics[i](L);
    }
    add_magic(L);
    publish(L, "ngx");

    lua_createtable(L, 0, 1);
    lco_api_open_ndk(L);
    publish(L, "ndk");
    LX_BALANCED(L, top, 0);
}

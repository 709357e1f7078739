/* ngx.worker.*: which child process and which of its VMs this is.
 *
 * The scoreboard tells which place among the children a process has; the parent
 * enters it there after the fork, which a child may be ahead of.
 *
 * Thread: inside the VM, any phase; LuaCoInit, in the parent, too.
 */
#include "api/api.h"

#include "req/req.h"

#include <ap_mpm.h>
#include <http_core.h>
#include <scoreboard.h>

#include <stdatomic.h>
#include <unistd.h>

static int mpm_says(int query)
{
    int value = 0;

    return ap_mpm_query(query, &value) == APR_SUCCESS ? value : 0;
}

static int is_booting(lua_State *L, lco_phase phase)
{
    return !lco_req_get(L) && lco_vm_of(L)->boot_phase == phase;
}

static int find_place(void)
{
    int i, n = mpm_says(AP_MPMQ_HARD_LIMIT_DAEMONS);
    pid_t pid = getpid();

    for (i = 0; ap_scoreboard_image && i < n; i++) {
        if (ap_scoreboard_image->parent[i].pid == pid) {
            return i;
        }
    }
    return -1;
}

/* This child's place.  httpd -X has none: its one process is the first. */
static int place(void)
{
    static atomic_int known = -1;
    int tries, at = atomic_load(&known);

    if (at < 0 && (ap_exists_config_define("ONE_PROCESS") ||
                   ap_exists_config_define("DEBUG"))) {
        at = 0;
    }
    for (tries = 0; at < 0 && tries < 100; tries++) {
        at = find_place();
        if (at < 0) {
            apr_sleep(1000);
        }
    }
    at = at < 0 ? 0 : at;
    atomic_store(&known, at);
    return at;
}

/* ngx.worker.pid(): of the child process; in LuaCoInit of the parent */
static int worker_pid(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer) getpid());
    return 1;
}

/* ngx.worker.pids(): of all child processes */
static int worker_pids(lua_State *L)
{
    int i, n = mpm_says(AP_MPMQ_HARD_LIMIT_DAEMONS);
    lua_Integer count = 0;

    if (is_booting(L, LCO_PHASE_INIT) || is_booting(L, LCO_PHASE_INIT_WORKER)) {
        lua_pushnil(L);
        lua_pushliteral(L, "API disabled in the current context");
        return 2;
    }
    lua_createtable(L, 4, 0);
    for (i = 0; ap_scoreboard_image && i < n; i++) {
        pid_t pid = ap_scoreboard_image->parent[i].pid;

        if (pid) {
            lua_pushinteger(L, (lua_Integer) pid);
            lua_rawseti(L, -2, ++count);
        }
    }
    return 1;
}

/* ngx.worker.id(): of this VM among those of all children, from 0; nil in
 * LuaCoInit */
static int worker_id(lua_State *L)
{
    if (is_booting(L, LCO_PHASE_INIT)) {
        lua_pushnil(L);
    }
    else {
        lua_pushinteger(L, (lua_Integer) place() * lco_vm_count() +
                               lco_vm_of(L)->id);
    }
    return 1;
}

/* ngx.worker.count(): of the VMs that there can be: ids are below it */
static int worker_count(lua_State *L)
{
    int n = mpm_says(AP_MPMQ_HARD_LIMIT_DAEMONS);

    /* in LuaCoInit not all VMs have been made */
    lua_pushinteger(L, (lua_Integer) (n > 0 ? n : 1) *
                           lco_conf_server(lco_vm_of(L)->server)->vms);
    return 1;
}

/* ngx.worker.exiting() */
static int worker_exiting(lua_State *L)
{
    lco_vm *vm = lco_vm_of(L);

    lua_pushboolean(L, atomic_load(&vm->stop_asked) != LCO_STOP_NONE ||
                           atomic_load(&vm->stopping) != LCO_STOP_NONE);
    return 1;
}

static const luaL_Reg worker_funcs[] = {
    {"pid", worker_pid},     {"pids", worker_pids},       {"id", worker_id},
    {"count", worker_count}, {"exiting", worker_exiting}, {NULL, NULL},
};

void lco_api_open_worker(lua_State *L)
{
    luaL_newlib(L, worker_funcs);
    lua_setfield(L, -2, "worker");
}

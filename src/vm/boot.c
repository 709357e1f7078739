/* Making one VM: libraries, package paths, the ngx table, LuaCoInit.
 *
 * Runs in the parent before the fork (one thread), LuaCoInitWorker in the
 * child before its threads.  Everything that can raise runs in one protected
 * call.
 */
#include "vm/boot.h"

#include "lx/compat.h"
#include "vm/alloc.h"
#include "vm/code.h"

#include <lualib.h>
#include <string.h>

#include <apr_strings.h>
#include <http_log.h>

APLOG_USE_MODULE(luaco);

void (*lco_vm_open_api)(lua_State *L, lco_sched *sched);

static int at_panic(lua_State *L)
{
    ap_log_error(APLOG_MARK, APLOG_EMERG, 0, lco_vm_of(L)->server,
                 "luaco: Lua error outside any protected call: %s",
                 lua_tostring(L, -1));
    return 0; /* Lua aborts the process */
}

/* package.path and .cpath: PATH with ";;" for the default.  [-0, +0] */
static void set_path(lua_State *L, const char *field, const char *path)
{
    if (!path) {
        return;
    }
    lua_getglobal(L, "package");
    lua_getfield(L, -1, field);
    /* luaL_gsub twice, as Lua's own setpath(): ";;" next to an end must not
     * leave an empty template. */
    luaL_gsub(L, path, ";;", ";\1;");
    luaL_gsub(L, lua_tostring(L, -1), "\1", lua_tostring(L, -2));
    lua_setfield(L, -4, field);
    lua_pop(L, 3);
}

static void warn(lua_State *L, const char *msg)
{
    lco_vm *vm = lco_vm_of(L);

    if (vm->warn && vm->cur) {
        vm->warn(vm, msg);
    }
    else {
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, vm->server, "%s", msg);
    }
}

static int open_all(lua_State *L)
{
    lco_vm *vm = lua_touserdata(L, 1);
    lco_server_conf *sc = lco_conf_server(vm->server);

    luaL_openlibs(L);
    lx_open_compat(L, !sc->numbers_lua);
    set_path(L, "path", sc->package_path);
    set_path(L, "cpath", sc->package_cpath);
    lx_env_init(L, warn);
    lco_vm_open_api(L, vm->sched);
    return 0;
}

/* After how long the log says that code runs which holds up the process. */
#define BOOT_SECONDS 5

/* Instructions between two looks at the time: some milliseconds. */
#define BOOT_INSTRUCTIONS 1000000

/* A hook.  Coroutines that the code made have it too and outlive it. */
static void look_at_time(lua_State *L, lua_Debug *ar)
{
    lco_vm *vm = lco_vm_of(L);

    if (vm->boot_since == 0) {
        lua_sethook(L, NULL, 0, 0);
    }
    else if (lco_now() - vm->boot_since > BOOT_SECONDS * APR_USEC_PER_SEC) {
        vm->boot_since = 0; /* said once */
        if (!lua_getinfo(L, "Sl", ar)) {
            return;
        }
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, vm->server,
                     "luaco: %s has run for %d seconds and is at %s:%d; the "
                     "process waits for its end",
                     lco_phase_names[vm->boot_phase], BOOT_SECONDS,
                     ar->short_src, ar->currentline);
    }
}

static int run_code(lco_vm *vm, const lco_code *code, const char *what)
{
    int status;

    vm->boot_phase = code->phase;
    status = lco_vm_push_boot_code(vm, code);
    if (status == LUA_OK) {
        vm->boot_since = lco_now();
        lua_sethook(vm->L, look_at_time, LUA_MASKCOUNT, BOOT_INSTRUCTIONS);
        status = lco_vm_call(vm);
        lua_sethook(vm->L, NULL, 0, 0);
        vm->boot_since = 0;
    }
    if (status != LUA_OK) {
        ap_log_error(APLOG_MARK, APLOG_ERR, 0, vm->server,
                     "luaco: %s failed: %s", what,
                     lco_vm_error_text(vm->L, -1));
        lua_settop(vm->L, 0);
        return 0;
    }
    lua_settop(vm->L, 0);
    return 1;
}

int lco_vm_boot(lco_vm *vm)
{
    lco_server_conf *sc = lco_conf_server(vm->server);
    int ok = 1;

    vm->L = lua_newstate(lco_vm_alloc, vm);
    if (vm->L) {
        lua_atpanic(vm->L, at_panic);
        vm->sched = lco_sched_create(vm->L, (unsigned) sc->thread_cache_max);
    }
    if (!vm->L || !vm->sched) {
        ap_log_error(APLOG_MARK, APLOG_EMERG, APR_ENOMEM, vm->server,
                     "luaco: no memory for VM %d", vm->id);
        return 0;
    }
    lco_vm_enter(vm);
    vm->boot_phase = LCO_PHASE_INIT;
    lua_pushcfunction(vm->L, open_all);
    lua_pushlightuserdata(vm->L, vm);
    if (lx_pcall(vm->L, 1, 0) != LUA_OK) {
        ap_log_error(APLOG_MARK, APLOG_EMERG, 0, vm->server, "luaco: VM %d: %s",
                     vm->id, lco_vm_error_text(vm->L, -1));
        lua_settop(vm->L, 0);
        ok = 0;
    }
    if (ok &&
        (lco_vm_open_cache(vm) != LUA_OK || lco_vm_compile_all(vm) != LUA_OK)) {
        ap_log_error(APLOG_MARK, APLOG_EMERG, 0, vm->server, "luaco: %s",
                     lco_vm_error_text(vm->L, -1));
        lua_settop(vm->L, 0);
        ok = 0;
    }
    if (ok && sc->init) {
        ok = run_code(vm, sc->init, "LuaCoInit");
    }
    lco_vm_leave(vm);
    return ok;
}

void lco_vm_init_worker(lco_vm *vm)
{
    lco_server_conf *sc = lco_conf_server(vm->server);

    if (sc->init_worker) {
        lco_vm_enter(vm);
        (void) run_code(vm, sc->init_worker, "LuaCoInitWorker");
        lco_vm_leave(vm);
    }
}

void lco_vm_exit_worker(lco_vm *vm)
{
    lco_server_conf *sc = lco_conf_server(vm->server);

    if (!sc->exit_worker) {
        return;
    }
    /* A prefork child ends in a signal's handler, perhaps in the middle of a
     * request's Lua. */
    if (pthread_mutex_trylock(&vm->lock) != 0) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, vm->server,
                     "luaco: LuaCoExitWorker is left out: the child ends while "
                     "its Lua runs");
        return;
    }
    pthread_mutex_unlock(&vm->lock);
    lco_vm_enter(vm);
    (void) run_code(vm, sc->exit_worker, "LuaCoExitWorker");
    lco_vm_leave(vm);
}

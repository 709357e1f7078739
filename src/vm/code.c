/* The code cache of a VM: from a piece of configuration to a function.
 *
 * Each lco_code has a slot whose factory (lx_load_factory) is compiled once
 * per VM; files run by SetHandler lua-co-script have no slot and are found by
 * path.  A request calls the factory with an environment of its own.
 *
 * Most code only reads globals, and no two requests can tell by those whether
 * they have one environment or two.  Then the slot keeps what the factory made
 * for the next request, which makes nothing and leaves nothing to collect; but
 * never for two at the same time, and only while nobody has got hold of the
 * environment (a library may call getfenv(2) or setfenv(2, t)).
 *
 * Runs inside the VM, on any thread; what may raise does so in a protected
 * call.
 */
#include "vm/code.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char by_path_key = 0; /* registry: path -> {factory, mtime} */
static const char boot_names_key =
    0; /* registry: set of package.loaded names */

enum {
    IDLE_MAX = 64 /* functions that a slot keeps */
};

struct lco_slot {
    int factory; /* registry reference, LUA_NOREF: not compiled */
    apr_time_t mtime;
    int reusable;        /* lx_only_reads_globals() says so of the factory */
    const void *new_env; /* lx_env_state() of an environment as new */
    int nidle;
    int idle[IDLE_MAX]; /* registry references of functions */
};

typedef struct push_args {
    lco_vm *vm;
    const lco_code *code;
    int mode; /* lco_code_cache */
    int boot; /* run in the VM's own globals */
    int *ref; /* NULL, or where a reference of the function may go */
} push_args;

/* Pushes the text of a file, or raises "cannot open PATH" with LUA_ERRFILE's
 * wording.  The descriptor is closed before anything can raise. */
LX_RAISES static void push_file(lua_State *L, const char *path)
{
    FILE *f = fopen(path, "rb");
    char *text = NULL;
    size_t len = 0, cap = 0, n;
    int failed;

    if (!f) {
        lua_pushfstring(L, "cannot open %s: %s", path, strerror(errno));
        lua_error(L);
        return;
    }
    for (;;) {
        if (len == cap) {
            char *grown = realloc(text, cap ? cap * 2 : 8192);

            if (!grown) {
                break;
            }
            text = grown;
            cap = cap ? cap * 2 : 8192;
        }
        n = fread(text + len, 1, cap - len, f);
        if (n == 0) {
            break;
        }
        len += n;
    }
    failed = ferror(f) || len == cap;
    fclose(f);
    if (failed) {
        free(text);
        luaL_error(L, "cannot read %s", path);
        return;
    }
    /* The copy into Lua may raise: the buffer then belongs to a userdata. */
    {
        char *copy;

        copy = lua_newuserdata(L, len ? len : 1);
        memcpy(copy, text, len);
        free(text);
        lua_pushlstring(L, copy, len);
        lua_remove(L, -2);
    }
}

/* [-0, +1] the factory, or raises Lua's message. */
LX_RAISES static void load(lua_State *L, const lco_code *code)
{
    const char *src = code->src;
    size_t len = code->len;

    if (code->file) {
        push_file(L, code->file);
        src = lua_tolstring(L, -1, &len);
    }
    if (lx_load_factory(L, src, len, code->chunkname) != LUA_OK) {
        lua_error(L);
    }
    if (code->file) {
        lua_remove(L, -2);
    }
}

static apr_time_t mtime_of(const char *path)
{
    struct stat st;

    if (stat(path, &st) != 0) {
        return 0;
    }
    return (apr_time_t) st.st_mtim.tv_sec * APR_USEC_PER_SEC +
           st.st_mtim.tv_nsec / 1000;
}

/* luaL_unref() writes to existing fields: it neither allocates nor raises. */
static void drop_idle(lua_State *L, lco_slot *slot)
{
    while (slot->nidle > 0) {
        luaL_unref(L, LUA_REGISTRYINDEX, slot->idle[--slot->nidle]);
    }
}

LX_RAISES static void push_slot(lua_State *L, const push_args *a)
{
    lco_slot *slot = &a->vm->slots[a->code->slot];
    apr_time_t mtime = 0;
    int stale = slot->factory == LUA_NOREF || a->mode == LCO_CACHE_OFF;

    if (a->code->file && a->mode != LCO_CACHE_ON) {
        mtime = mtime_of(a->code->file);
        stale = stale || mtime != slot->mtime;
    }
    if (stale) {
        load(L, a->code);
        lua_pushvalue(L, -1);
        if (slot->factory == LUA_NOREF) {
            slot->factory = luaL_ref(L, LUA_REGISTRYINDEX);
        }
        else {
            lua_rawseti(L, LUA_REGISTRYINDEX, slot->factory);
        }
        slot->mtime = mtime;
        drop_idle(L, slot);
        /* What is loaded again at times is not kept. */
        slot->reusable = a->mode == LCO_CACHE_ON && lx_only_reads_globals(L);
        return;
    }
    lua_rawgeti(L, LUA_REGISTRYINDEX, slot->factory);
}

LX_RAISES static void push_path(lua_State *L, const push_args *a)
{
    const char *path = a->code->file;
    apr_time_t mtime = 0;

    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &by_path_key) == LUA_TNIL) {
        lua_pop(L, 1);
        lua_newtable(L);
        lua_pushvalue(L, -1);
        lua_rawsetp(L, LUA_REGISTRYINDEX, &by_path_key);
    }
    if (a->mode != LCO_CACHE_ON) {
        mtime = mtime_of(path);
    }
    if (a->mode != LCO_CACHE_OFF && lua_getfield(L, -1, path) == LUA_TTABLE) {
        lua_rawgeti(L, -1, 2);
        if (a->mode == LCO_CACHE_ON ||
            (apr_time_t) lua_tointeger(L, -1) == mtime) {
            lua_rawgeti(L, -2, 1);
            return;
        }
    }
    lua_settop(L, 2); /* args, cache */
    load(L, a->code);
    lua_createtable(L, 2, 0);
    lua_pushvalue(L, -2);
    lua_rawseti(L, -2, 1);
    lua_pushinteger(L, (lua_Integer) mtime);
    lua_rawseti(L, -2, 2);
    lua_setfield(L, 2, path);
}

/* LuaCoCodeCache Off: forget every module that a request has loaded. */
LX_RAISES static void forget_modules(lua_State *L)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &boot_names_key);
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
    lua_pushnil(L);
    while (lua_next(L, -2)) {
        lua_pop(L, 1);
        lua_pushvalue(L, -1);
        lua_rawget(L, -4);
        if (lua_isnil(L, -1)) {
            lua_pushvalue(L, -2);
            lua_pushnil(L);
            lua_rawset(L, -5); /* assigning nil while traversing is allowed */
        }
        lua_pop(L, 1);
    }
    lua_pop(L, 2);
}

static int push_protected(lua_State *L)
{
    const push_args *a = lua_touserdata(L, 1);

    if (a->mode == LCO_CACHE_OFF && !a->boot) {
        forget_modules(L);
    }
    if (a->code->slot >= 0) {
        push_slot(L, a);
    }
    else {
        push_path(L, a);
    }
    if (a->boot) {
        lua_pushglobaltable(L);
    }
    else {
        lx_push_env(L);
        if (a->code->slot >= 0) {
            a->vm->slots[a->code->slot].new_env = lx_env_state(L, -1);
        }
    }
    lua_call(L, 1, 1);
    if (a->ref && a->code->slot >= 0 && a->mode == LCO_CACHE_ON &&
        a->vm->slots[a->code->slot].reusable) {
        lua_pushvalue(L, -1);
        *a->ref = luaL_ref(L, LUA_REGISTRYINDEX);
    }
    return 1;
}

static int push(lco_vm *vm, const lco_code *code, int mode, int boot, int *ref)
{
    push_args a = {vm, code, mode, boot, ref};

    /* Neither pushes allocates: a C function without upvalues is a light
     * value. */
    lua_pushcfunction(vm->L, push_protected);
    lua_pushlightuserdata(vm->L, &a);
    return lua_pcall(vm->L, 1, 1, 0);
}

int lco_vm_push_code(lco_vm *vm, const lco_code *code, int mode)
{
    return push(vm, code, mode, 0, NULL);
}

int lco_vm_take_code(lco_vm *vm, const lco_code *code, int mode,
                     lco_code_use *use)
{
    lco_slot *slot;

    assert(use->ref == 0);
    use->slot = code->slot;
    if (code->slot >= 0 && mode == LCO_CACHE_ON) {
        slot = &vm->slots[code->slot];
        if (slot->nidle > 0) {
            use->ref = slot->idle[--slot->nidle];
            lua_rawgeti(vm->L, LUA_REGISTRYINDEX, use->ref);
            return LUA_OK;
        }
    }
    return push(vm, code, mode, 0, &use->ref);
}

/* Is the function REF as its factory made it? */
static int is_as_new(lua_State *L, const lco_slot *slot, int ref)
{
    int good = 1;

    lua_rawgeti(L, LUA_REGISTRYINDEX, ref);
    if (lua_getupvalue(L, -1, 1)) { /* _ENV, if it names any global */
        good = lx_env_state(L, -1) == slot->new_env;
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    return good;
}

void lco_vm_give_code(lco_vm *vm, lco_code_use *use)
{
    int ref = use->ref;
    lco_slot *slot;

    if (ref == 0) {
        return;
    }
    use->ref = 0;
    slot = &vm->slots[use->slot];
    if (slot->reusable && slot->nidle < IDLE_MAX &&
        is_as_new(vm->L, slot, ref)) {
        slot->idle[slot->nidle++] = ref;
        return;
    }
    luaL_unref(vm->L, LUA_REGISTRYINDEX, ref);
}

int lco_vm_push_boot_code(lco_vm *vm, const lco_code *code)
{
    return push(vm, code, LCO_CACHE_ON, 1, NULL);
}

static int note_boot_names(lua_State *L)
{
    lua_newtable(L);
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
    lua_pushnil(L);
    while (lua_next(L, -2)) {
        lua_pop(L, 1);
        lua_pushvalue(L, -1);
        lua_pushboolean(L, 1);
        lua_rawset(L, 1);
    }
    lua_settop(L, 1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &boot_names_key);
    return 0;
}

int lco_vm_open_cache(lco_vm *vm)
{
    int i;

    vm->nslots = lco_conf_slots();
    vm->slots = calloc((size_t) vm->nslots + 1, sizeof(*vm->slots));
    if (!vm->slots) {
        lua_pushliteral(vm->L, "not enough memory");
        return LUA_ERRMEM;
    }
    for (i = 0; i < vm->nslots; i++) {
        vm->slots[i].factory = LUA_NOREF;
    }
    lua_pushcfunction(vm->L, note_boot_names);
    return lua_pcall(vm->L, 0, 0, 0);
}

void lco_vm_close_cache(lco_vm *vm)
{
    free(vm->slots);
    vm->slots = NULL;
}

int lco_vm_compile_all(lco_vm *vm)
{
    int i, status;

    for (i = 0; i < vm->nslots; i++) {
        status = push(vm, lco_conf_slot(i), LCO_CACHE_ON, 0, NULL);
        if (status != LUA_OK) {
            return status;
        }
        lua_pop(vm->L, 1);
        if (lco_conf_slot(i)->file) {
            vm->slots[i].mtime = mtime_of(lco_conf_slot(i)->file);
        }
    }
    return LUA_OK;
}

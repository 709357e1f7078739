/* The names of Lua 5.1 and LuaJIT that Lua 5.3 has no more.
 *
 * Thread: whoever has entered the VM.
 *
 * Hard part: environments.  A Lua 5.1 function has one; here a function that
 * uses globals has an upvalue named _ENV, which it may share with others.
 * setfenv gives the one function a fresh upvalue, so that the others keep
 * theirs, and functions that it creates afterwards take the new one, which is
 * what module() and setfenv(1, t) at the top of a file are about.  A function
 * that names no global has no environment to set.
 */
#include "lx/compat.h"

#include <math.h>
#include <string.h>

/* ---- environments ---- */

/* The number of the upvalue _ENV of the function at IDX, 0: it has none. */
static int env_upvalue(lua_State *L, int idx)
{
    const char *name;
    int i;

    for (i = 1; (name = lua_getupvalue(L, idx, i)); i++) {
        lua_pop(L, 1);
        if (strcmp(name, "_ENV") == 0) {
            return i;
        }
    }
    return 0;
}

/* Gives the function at FUNC the environment at ENV (absolute indexes).
 * Upvalue 1 of the running C function makes a fresh upvalue. */
static int set_env(lua_State *L, int func, int env)
{
    int n = env_upvalue(L, func);

    if (n) {
        lua_pushvalue(L, lua_upvalueindex(1));
        lua_pushvalue(L, env);
        lua_call(L, 1, 1);
        lua_upvaluejoin(L, func, n, -1, 1);
        lua_pop(L, 1);
    }
    return n;
}

/* Pushes the function at LEVEL of the stack, or raises. */
static void push_level(lua_State *L, int arg, int level)
{
    lua_Debug ar;

    if (level < 0 || !lua_getstack(L, level, &ar)) {
        luaL_argerror(L, arg, "invalid level");
    }
    lua_getinfo(L, "f", &ar);
}

void lx_push_caller_env(lua_State *L)
{
    lua_Debug ar;
    int level, n;

    luaL_checkstack(L, 3, NULL);
    for (level = 1; lua_getstack(L, level, &ar); level++) {
        lua_getinfo(L, "f", &ar);
        n = env_upvalue(L, -1);
        if (n) {
            lua_getupvalue(L, -1, n);
            lua_remove(L, -2);
            lx_env_used(L, -1);
            return;
        }
        lua_pop(L, 1);
    }
    lua_pushglobaltable(L);
}

/* getfenv([f]) */
static int compat_getfenv(lua_State *L)
{
    int n;

    if (lua_isfunction(L, 1)) {
        lua_pushvalue(L, 1);
    }
    else {
        int level = (int) luaL_optnumber(L, 1, 1);

        if (level == 0) { /* the thread's globals */
            lx_push_caller_env(L);
            return 1;
        }
        push_level(L, 1, level);
    }
    n = env_upvalue(L, -1);
    if (n) {
        lua_getupvalue(L, -1, n);
        lx_env_used(L, -1);
    }
    else {
        lua_pushglobaltable(L);
    }
    return 1;
}

/* setfenv(f, table) */
static int compat_setfenv(lua_State *L)
{
    luaL_checktype(L, 2, LUA_TTABLE);
    lua_settop(L, 2);
    if (lua_isfunction(L, 1)) {
        lua_pushvalue(L, 1);
    }
    else {
        int level = (int) luaL_checknumber(L, 1);

        if (level == 0) {
            return luaL_error(L, "'setfenv' cannot change the environment of "
                                 "a thread");
        }
        push_level(L, 1, level);
    }
    if (lua_iscfunction(L, 3)) {
        return luaL_error(L, "'setfenv' cannot change environment of given "
                             "object");
    }
    set_env(L, 3, 2);
    return 1;
}

/* debug.getfenv(object): only functions have an environment here. */
static int debug_getfenv(lua_State *L)
{
    luaL_checkany(L, 1);
    if (!lua_isfunction(L, 1)) {
        lua_pushnil(L);
        return 1;
    }
    return compat_getfenv(L);
}

/* debug.setfenv(object, table); upvalue 1: setfenv. */
static int debug_setfenv(lua_State *L)
{
    luaL_checktype(L, 2, LUA_TTABLE);
    if (!lua_isfunction(L, 1)) {
        return luaL_error(L, "'setfenv' cannot change environment of given "
                             "object");
    }
    lua_settop(L, 2);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, 2, 1);
    return 1;
}

int lx_call_replaced(lua_State *L)
{
    int replaced = lua_upvalueindex(1);

    if (!lua_getupvalue(L, replaced, 1)) {
        return lua_tocfunction(L, replaced)(L);
    }
    lua_pop(L, 1); /* it has upvalues of its own, and needs a call of its own */
    lua_pushvalue(L, replaced);
    lua_insert(L, 1);
    lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
    return lua_gettop(L);
}

/* load and loadfile, where no environment is given: in Lua 5.1 the new
 * function sees the globals of the code that loads it.  Upvalue 1 is Lua's
 * function, upvalue 2 the number of its environment argument. */
static int load_in_env(lua_State *L)
{
    int env = (int) lua_tointeger(L, lua_upvalueindex(2));

    if (lua_gettop(L) > 0 && lua_gettop(L) < env) {
        lua_settop(L, env - 1);
        lx_push_caller_env(L);
    }
    return lx_call_replaced(L);
}

static int dofile_done(lua_State *L, int status, lua_KContext ctx)
{
    (void) status;
    (void) ctx;
    return lua_gettop(L) - 1;
}

static int compat_dofile(lua_State *L)
{
    const char *name = luaL_optstring(L, 1, NULL);

    lua_settop(L, 1);
    if (luaL_loadfile(L, name) != LUA_OK) {
        return lua_error(L);
    }
    lx_push_caller_env(L);
    if (!lua_setupvalue(L, -2, 1)) {
        lua_pop(L, 1);
    }
    lua_callk(L, 0, LUA_MULTRET, 0, dofile_done);
    return dofile_done(L, LUA_OK, 0);
}

/* ---- module ---- */

/* Pushes the table NAME ("a.b.c") of the globals, making it; or raises. */
static void push_module_table(lua_State *L, const char *name)
{
    const char *part = name;
    const char *dot;

    lua_pushglobaltable(L);
    do {
        dot = strchr(part, '.');
        lua_pushlstring(L, part, dot ? (size_t) (dot - part) : strlen(part));
        lua_pushvalue(L, -1);
        if (lua_rawget(L, -3) == LUA_TNIL) { /* t key nil */
            lua_pop(L, 1);
            lua_newtable(L);
            lua_pushvalue(L, -2);
            lua_pushvalue(L, -2);
            lua_rawset(L, -5); /* t key new */
        }
        else if (!lua_istable(L, -1)) {
            luaL_error(L, "name conflict for module '%s'", name);
        }
        lua_replace(L, -3);
        lua_pop(L, 1);
        part = dot ? dot + 1 : NULL;
    } while (part);
}

/* module(name [, option...]) */
static int compat_module(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);
    const char *dot;
    int options = lua_gettop(L);
    int self = options + 1;
    lua_Debug ar;
    int i;

    luaL_getsubtable(L, LUA_REGISTRYINDEX, "_LOADED");
    if (lua_getfield(L, -1, name) != LUA_TTABLE) {
        lua_pop(L, 1);
        push_module_table(L, name);
        lua_pushvalue(L, -1);
        lua_setfield(L, -3, name);
    }
    lua_replace(L, self); /* in place of _LOADED */

    if (lua_getfield(L, self, "_NAME") == LUA_TNIL) {
        lua_pushvalue(L, self);
        lua_setfield(L, self, "_M");
        lua_pushvalue(L, 1);
        lua_setfield(L, self, "_NAME");
        dot = strrchr(name, '.');
        lua_pushlstring(L, name, dot ? (size_t) (dot + 1 - name) : 0);
        lua_setfield(L, self, "_PACKAGE");
    }
    lua_pop(L, 1);

    if (!lua_getstack(L, 1, &ar) || !lua_getinfo(L, "f", &ar) ||
        lua_iscfunction(L, -1)) {
        return luaL_error(L, "'module' not called from a Lua function");
    }
    set_env(L, self + 1, self);
    /* module(...) in a file: Lua 5.1's require passes the name alone, here the
     * file's path, or nil, comes second. */
    i = lua_type(L, 2) == LUA_TSTRING || lua_isnil(L, 2) ? 3 : 2;
    for (; i <= options; i++) {
        lua_pushvalue(L, i);
        lua_pushvalue(L, self);
        lua_call(L, 1, 0);
    }
    return 0;
}

/* package.seeall(module) */
static int package_seeall(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    if (!lua_getmetatable(L, 1)) {
        lua_createtable(L, 0, 1);
        lua_pushvalue(L, -1);
        lua_setmetatable(L, 1);
    }
    lua_pushglobaltable(L);
    lua_setfield(L, -2, "__index");
    return 0;
}

/* gcinfo(): the memory in use, in KiB */
static int compat_gcinfo(lua_State *L)
{
    lua_pushinteger(L, lua_gc(L, LUA_GCCOUNT, 0));
    return 1;
}

/* ---- table ---- */

static int table_getn(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_pushinteger(L, (lua_Integer) lua_rawlen(L, 1));
    return 1;
}

/* The largest positive number that is a key. */
static int table_maxn(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    lua_pushinteger(L, 0);
    lua_pushnil(L);
    while (lua_next(L, 1)) { /* t max k v */
        lua_pop(L, 1);
        if (lua_type(L, 3) == LUA_TNUMBER && lua_compare(L, 2, 3, LUA_OPLT)) {
            lua_pushvalue(L, 3);
            lua_replace(L, 2);
        }
    }
    lua_settop(L, 2);
    return 1;
}

/* table.foreach(t, f): until f returns something. */
static int table_foreach(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    luaL_checktype(L, 2, LUA_TFUNCTION);
    lua_settop(L, 2);
    lua_pushnil(L);
    while (lua_next(L, 1)) { /* t f k v */
        lua_pushvalue(L, 2);
        lua_pushvalue(L, 3);
        lua_pushvalue(L, 4);
        lua_call(L, 2, 1);
        if (!lua_isnil(L, -1)) {
            return 1;
        }
        lua_settop(L, 3);
    }
    return 0;
}

static int table_foreachi(lua_State *L)
{
    lua_Integer i;
    lua_Integer n;

    luaL_checktype(L, 1, LUA_TTABLE);
    luaL_checktype(L, 2, LUA_TFUNCTION);
    n = (lua_Integer) lua_rawlen(L, 1);
    for (i = 1; i <= n; i++) {
        lua_pushvalue(L, 2);
        lua_pushinteger(L, i);
        lua_rawgeti(L, 1, i);
        lua_call(L, 2, 1);
        if (!lua_isnil(L, -1)) {
            return 1;
        }
        lua_pop(L, 1);
    }
    return 0;
}

/* ---- math ---- */

static int math_pow(lua_State *L)
{
    lua_pushnumber(L, pow(luaL_checknumber(L, 1), luaL_checknumber(L, 2)));
    return 1;
}

static int math_log10(lua_State *L)
{
    lua_pushnumber(L, log10(luaL_checknumber(L, 1)));
    return 1;
}

static int math_cosh(lua_State *L)
{
    lua_pushnumber(L, cosh(luaL_checknumber(L, 1)));
    return 1;
}

static int math_sinh(lua_State *L)
{
    lua_pushnumber(L, sinh(luaL_checknumber(L, 1)));
    return 1;
}

static int math_tanh(lua_State *L)
{
    lua_pushnumber(L, tanh(luaL_checknumber(L, 1)));
    return 1;
}

static int math_ldexp(lua_State *L)
{
    lua_Number m = luaL_checknumber(L, 1);
    lua_Number e = luaL_checknumber(L, 2);

    /* Beyond this the result is 0 or infinity anyway. */
    e = e < -10000 ? -10000 : e > 10000 ? 10000 : e;
    lua_pushnumber(L, ldexp(m, e == e ? (int) e : 0));
    return 1;
}

static int math_frexp(lua_State *L)
{
    int e = 0;

    lua_pushnumber(L, frexp(luaL_checknumber(L, 1), &e));
    lua_pushinteger(L, e);
    return 2;
}

/* ---- newproxy ---- */

/* newproxy([true | proxy]): a userdata without metatable, with a new one, or
 * with another proxy's.  Upvalue 1 holds the metatables made here, weakly. */
static int compat_newproxy(lua_State *L)
{
    lua_settop(L, 1);
    lua_newuserdata(L, 0);
    if (!lua_toboolean(L, 1)) {
        return 1;
    }
    if (lua_isboolean(L, 1)) {
        lua_newtable(L);
        lua_pushvalue(L, -1);
        lua_pushboolean(L, 1);
        lua_rawset(L, lua_upvalueindex(1));
    }
    else {
        int known = 0;

        if (lua_getmetatable(L, 1)) {
            lua_pushvalue(L, -1);
            known = lua_rawget(L, lua_upvalueindex(1)) == LUA_TBOOLEAN;
            lua_pop(L, 1);
        }
        luaL_argcheck(L, known, 1, "boolean or proxy expected");
    }
    lua_setmetatable(L, 2);
    return 1;
}

/* ---- the names ---- */

static const luaL_Reg math_funcs[] = {
    {"pow", math_pow},     {"log10", math_log10}, {"cosh", math_cosh},
    {"sinh", math_sinh},   {"tanh", math_tanh},   {"ldexp", math_ldexp},
    {"frexp", math_frexp}, {NULL, NULL},
};

static const luaL_Reg table_funcs[] = {
    {"getn", table_getn},
    {"maxn", table_maxn},
    {"foreach", table_foreach},
    {"foreachi", table_foreachi},
    {NULL, NULL},
};

static const luaL_Reg base_funcs[] = {
    {"getfenv", compat_getfenv},
    {"dofile", compat_dofile},
    {"gcinfo", compat_gcinfo},
    {NULL, NULL},
};

/* Those that change an environment, with what makes an upvalue. */
static const luaL_Reg env_funcs[] = {
    {"setfenv", compat_setfenv},
    {"module", compat_module},
    {NULL, NULL},
};

/* t.TO = t.FROM for the table on the stack top. */
static void alias(lua_State *L, const char *to, const char *from)
{
    lua_getfield(L, -1, from);
    lua_setfield(L, -2, to);
}

/* t.TO = load_in_env for t.FROM, whose argument number ENV is the
 * environment. */
static void put_in_env(lua_State *L, const char *to, const char *from, int env)
{
    lua_getfield(L, -1, from);
    lua_pushinteger(L, env);
    lua_pushcclosure(L, load_in_env, 2);
    lua_setfield(L, -2, to);
}

void lx_open_names(lua_State *L)
{
    static const char make_upvalue[] =
        "local env = ... return function() return env end";
    int top = lua_gettop(L);

    lua_pushglobaltable(L);
    luaL_setfuncs(L, base_funcs, 0);
    if (luaL_loadbufferx(L, make_upvalue, sizeof(make_upvalue) - 1, "=setfenv",
                         "t") != LUA_OK) {
        lua_error(L);
    }
    luaL_setfuncs(L, env_funcs, 1);

    lua_newtable(L);
    lua_pushliteral(L, "k");
    lua_setfield(L, -2, "__mode");
    lua_pushvalue(L, -1);
    lua_setmetatable(L, -2); /* its own metatable */
    lua_pushcclosure(L, compat_newproxy, 1);
    lua_setfield(L, -2, "newproxy");

    put_in_env(L, "loadstring", "load", 4);
    put_in_env(L, "load", "load", 4);
    put_in_env(L, "loadfile", "loadfile", 3);

    lua_getfield(L, -1, "table");
    luaL_setfuncs(L, table_funcs, 0);
    lua_getfield(L, -1, "unpack");
    lua_setfield(L, top + 1, "unpack");

    lua_getfield(L, top + 1, "string");
    alias(L, "gfind", "gmatch");

    lua_getfield(L, top + 1, "math");
    luaL_setfuncs(L, math_funcs, 0);
    alias(L, "mod", "fmod");

    lua_getfield(L, top + 1, "package");
    alias(L, "loaders", "searchers");
    lua_pushcfunction(L, package_seeall);
    lua_setfield(L, -2, "seeall");

    /* of a function, and of what is none, which has no environment here */
    lua_getfield(L, top + 1, "debug");
    lua_pushcfunction(L, debug_getfenv);
    lua_setfield(L, -2, "getfenv");
    lua_getfield(L, top + 1, "setfenv");
    lua_pushcclosure(L, debug_setfenv, 1);
    lua_setfield(L, -2, "setfenv");
    lua_settop(L, top);
}

void lx_open_compat(lua_State *L, int luajit_numbers)
{
    int top = lua_gettop(L);

    luaL_checkstack(L, 20, NULL);
    lx_open_names(L);
    lx_open_jit(L);
    lx_open_gsub(L);
    lx_open_sort(L);
    lx_open_base(L);
    lx_open_bit(L);
    lx_open_table_ext(L);
    lx_floats_as_lua(!luajit_numbers);
    if (luajit_numbers) {
        lx_open_numbers(L);
    }
    LX_BALANCED(L, top, 0);
}

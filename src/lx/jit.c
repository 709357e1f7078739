/* The table jit: LuaJIT's names for what is not there.
 *
 * Thread: whoever has entered the VM.
 */
#include "lx/compat.h"

#if defined(__linux__)
#define JIT_OS "Linux"
#elif defined(__APPLE__)
#define JIT_OS "OSX"
#elif defined(__FreeBSD__) || defined(__OpenBSD__) || defined(__NetBSD__)
#define JIT_OS "BSD"
#else
#define JIT_OS "POSIX"
#endif

#if defined(__x86_64__)
#define JIT_ARCH "x64"
#elif defined(__aarch64__)
#define JIT_ARCH "arm64"
#elif defined(__i386__)
#define JIT_ARCH "x86"
#elif defined(__arm__)
#define JIT_ARCH "arm"
#elif defined(__powerpc__)
#define JIT_ARCH "ppc"
#elif defined(__mips__)
#define JIT_ARCH "mips"
#elif defined(__s390x__)
#define JIT_ARCH "s390x"
#elif defined(__riscv)
#define JIT_ARCH "riscv64"
#else
#define JIT_ARCH "other"
#endif

static int jit_nothing(lua_State *L)
{
    (void) L;
    return 0;
}

static int jit_status(lua_State *L)
{
    lua_pushboolean(L, 0);
    return 1;
}

static const luaL_Reg jit_funcs[] = {
    {"on", jit_nothing},    {"off", jit_nothing}, {"flush", jit_nothing},
    {"status", jit_status}, {NULL, NULL},
};

static const luaL_Reg jit_opt_funcs[] = {
    {"start", jit_nothing},
    {NULL, NULL},
};

static int open_jit_opt(lua_State *L)
{
    luaL_newlib(L, jit_opt_funcs);
    return 1;
}

static int open_jit(lua_State *L)
{
    luaL_newlib(L, jit_funcs);
    /* Programs print the one and compare the other. */
    lua_pushliteral(L, LUA_VERSION " with the names of LuaJIT 2.1");
    lua_setfield(L, -2, "version");
    lua_pushinteger(L, 20100);
    lua_setfield(L, -2, "version_num");
    lua_pushliteral(L, JIT_OS);
    lua_setfield(L, -2, "os");
    lua_pushliteral(L, JIT_ARCH);
    lua_setfield(L, -2, "arch");
    luaL_requiref(L, "jit.opt", open_jit_opt, 0);
    lua_setfield(L, -2, "opt");
    return 1;
}

void lx_open_jit(lua_State *L)
{
    luaL_requiref(L, "jit", open_jit, 1);
    lua_pop(L, 1);
}

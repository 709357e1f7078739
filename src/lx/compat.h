/* What Lua 5.1 and LuaJIT have and libraries use, on the Lua that runs here.
 *
 * Thread: whoever has entered the VM.
 */
#ifndef LCO_LX_COMPAT_H
#define LCO_LX_COMPAT_H

#include "lx/lx.h"

/* Adds the names of Lua 5.1 and LuaJIT to a state whose libraries are open
 * (luaL_openlibs), and with LUAJIT_NUMBERS makes the library functions treat
 * floats as LuaJIT's do (LuaCoNumbers luajit).  Once per VM, on the main
 * state, before anything keeps a reference to a library function.
 * [-0, +0] */
LX_RAISES void lx_open_compat(lua_State *L, int luajit_numbers);

/* Its parts, each [-0, +0]. */

/* compat51.c: unpack, loadstring, setfenv, module, math.pow, jit, ... */
LX_RAISES void lx_open_names(lua_State *L);
/* bit.c: the table bit. */
LX_RAISES void lx_open_bit(lua_State *L);
/* table_ext.c: table.new, table.clear, table.nkeys, ... */
LX_RAISES void lx_open_table_ext(lua_State *L);
/* gsub.c, sort.c, base.c: functions of Lua that call others, which may yield
 * here.  After lx_open_names(), before lx_open_numbers(). */
LX_RAISES void lx_open_gsub(lua_State *L);
LX_RAISES void lx_open_sort(lua_State *L);
LX_RAISES void lx_open_base(lua_State *L);
/* jit.c: the table jit. */
LX_RAISES void lx_open_jit(lua_State *L);
/* numbers.c */
LX_RAISES void lx_open_numbers(lua_State *L);

/* Pushes the environment of the Lua function that called the running C
 * function, or the global table where there is none.  [-0, +1] */
LX_RAISES void lx_push_caller_env(lua_State *L);

/* For a C function that stands in for one of Lua's and has that one as its
 * upvalue 1: calls it with the arguments on the stack, within the running
 * call where that is possible, so that error messages name what was called.
 * Returns the number of results on the stack top. */
LX_RAISES int lx_call_replaced(lua_State *L);

#endif

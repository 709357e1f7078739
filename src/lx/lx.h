/* lx: what differs between Lua versions, and the few rules for calling Lua
 * from C.  Everything that names a Lua version stands in this folder.
 *
 * Rules.  Every way from C into Lua is lx_resume() or a protected call: a
 * function marked LX_RAISES may longjmp and therefore runs only inside one of
 * them, holding no lock, descriptor or malloc'ed memory.
 *
 * Thread: whoever has entered the VM.
 */
#ifndef LCO_LX_H
#define LCO_LX_H

#include <assert.h>
#include <lauxlib.h>
#include <lua.h>
#include <stddef.h>

/* Marks a function that may raise a Lua error (longjmp). */
#define LX_RAISES

/* Asserts at scope end in debug builds are written by hand:
 * int top = lua_gettop(L); ... LX_BALANCED(L, top, n); */
#ifdef LCO_DEBUG
#define LX_BALANCED(L, top, n) assert(lua_gettop(L) == (top) + (n))
#else
#define LX_BALANCED(L, top, n) ((void) (top))
#endif

/* A float as LuaJIT writes it: "%.14g", no ".0".  Enough for any number. */
#define LX_NUMSIZE 48

/* Resumes CO with NARGS values on its stack top; *NRES becomes the number of
 * values yielded or returned, now on CO's stack top.  When CO returned, what
 * lay below its function counts too: its frame is gone, so nothing marks the
 * border.  Returns LUA_OK, LUA_YIELD or an error status.  Never raises. */
static inline int lx_resume(lua_State *co, lua_State *from, int nargs,
                            int *nres)
{
#if LUA_VERSION_NUM >= 504
    return lua_resume(co, from, nargs, nres);
#else
    int status = lua_resume(co, from, nargs);

    *nres = lua_gettop(co);
    return status;
#endif
}

/* Writes the number at IDX into BUF (LX_NUMSIZE bytes) as luaco writes
 * numbers: integers in full, floats by %.14g ("inf", "-inf", "nan" as LuaJIT
 * names them).  Returns the length.  IDX must be a number.  Never raises. */
size_t lx_num2str(lua_State *L, int idx, char *buf);

/* Writes I in full into BUF (LX_NUMSIZE bytes), without a NUL.  Returns the
 * length.  Never raises. */
size_t lx_int2str(lua_Integer i, char *buf);

/* LuaCoNumbers lua: from now on lx_num2str() writes floats as Lua's tostring()
 * does ("5.0").  For the whole process; before any thread runs Lua. */
void lx_floats_as_lua(int on);

/* The opaque per-thread slot of a lua_State.  A new thread copies the main
 * thread's slot, which therefore stays NULL. */
static inline void **lx_slot(lua_State *L)
{
    return (void **) lua_getextraspace(L);
}

/* A full userdata of SIZE bytes with room for one user value.  [-0, +1] */
LX_RAISES void *lx_newuserdata(lua_State *L, size_t size);

/* Sets / gets the one user value of the userdata at IDX.  [-1,+0] / [-0,+1] */
void lx_setuservalue(lua_State *L, int idx);
void lx_getuservalue(lua_State *L, int idx);

/* Compiles LEN bytes of source or luac output named CHUNKNAME into a factory:
 * a function that is called with an environment table and returns the chunk
 * as a function with that table as its _ENV and a fresh upvalue of its own.
 * Pushes the factory and returns LUA_OK, or pushes the message and returns
 * the error status of lua_load, with lines as in the unwrapped source.
 * [-0, +1].  Runs unprotected calls of lua_load only; raises on out of memory
 * where it pushes strings.  */
LX_RAISES int lx_load_factory(lua_State *L, const char *code, size_t len,
                              const char *chunkname);

/* lua_pcall with a message handler that appends a traceback to messages that
 * are strings; other error values are kept as they are.  Needs one free stack
 * slot.  Never raises. */
int lx_pcall(lua_State *L, int nargs, int nres);

/* Prepares request environments: call it once per VM, after the standard
 * libraries are open.  WARN is called in Lua's context (it may raise) for each
 * first write of a new global name, with the whole message.  [-0, +0] */
LX_RAISES void lx_env_init(lua_State *L,
                           void (*warn)(lua_State *L, const char *msg));

/* Pushes a new environment: reads fall through to the real globals, writes
 * stay in it, and its _G is the environment itself.  [-0, +1] */
LX_RAISES void lx_push_env(lua_State *L);

/* Somebody gets hold of the value at IDX, which may be an environment:
 * getfenv, load...  A write marks it by itself.  Needs two free stack slots;
 * never raises. */
void lx_env_used(lua_State *L, int idx);
/* What the value at IDX is as an environment: the same pointer for all of this
 * state that nobody has written or got hold of (what a fresh one gives),
 * another one for anything else.  Needs a free stack slot; never raises. */
const void *lx_env_state(lua_State *L, int idx);

/* The factory is on the stack top.  Does the code in it nothing with its
 * environment but read names other than _G from it?  Then a function that the
 * factory made may run again with the same environment, and nobody can tell.
 * 0 where that is not known.  [-0, +0].  Never raises. */
int lx_only_reads_globals(lua_State *L);

#endif

/* What the API files share: finding the request with the reference's errors,
 * argument checks worded as LuaJIT words them, small conversions.
 *
 * Thread: inside the VM, on the owner of the current request.
 */
#ifndef LCO_API_COMMON_H
#define LCO_API_COMMON_H

#include "lx/lx.h"
#include "req/req.h"

/* The current request in one of the phases of MASK (LCO_BIT()s).  Raises MSG
 * where no request exists yet (LuaCoInit), and "API disabled in the context
 * of LuaCoLog" in any other phase. */
LX_RAISES lco_req *lco_api_req(lua_State *L, unsigned mask, const char *msg);

/* The current HTTP request, in any phase.  Raises "no request found" in
 * LuaCoInit, and "API disabled in the current context" where the running code
 * has no HTTP request (LuaCoInitWorker, LuaCoExitWorker, timers). */
LX_RAISES lco_req *lco_api_http(lua_State *L);
/* The same with MSG for "no request found". */
LX_RAISES lco_req *lco_api_http_or(lua_State *L, const char *msg);

/* Have the response headers been sent, in Lua's view?  True in the phases
 * that come after that. */
int lco_api_headers_sent(const lco_req *req);

/* The status of the response as Lua sees it; 0: not decided yet. */
int lco_api_status(const lco_req *req);

/* Raises "bad argument #ARG to 'f' (WANT expected, got TYPE)".  luaL_checktype
 * and the like say "light userdata" for ngx.null, the reference "userdata". */
LX_RAISES int lco_api_typeerror(lua_State *L, int arg, const char *want);

/* A number, or a string that converts to one. */
LX_RAISES lua_Number lco_api_checknumber(lua_State *L, int arg);

/* The string at ARG, numbers as luaco writes them; raises for other types.
 * The value at ARG becomes a string. */
LX_RAISES const char *lco_api_checkstring(lua_State *L, int arg, size_t *len);

/* The value at ARG as the functions for strings take it, which never complain:
 * nil, false and nothing at all are "", the rest is what tostring() gives.
 * The value at ARG becomes that string. */
LX_RAISES const char *lco_api_text(lua_State *L, int arg, size_t *len);

/* A number as a C int.  A fraction is cut off; NaN and numbers out of int's
 * range become INT_MIN, as LuaJIT converts them on x86.  Never raises; the
 * value at IDX must be a number. */
int lco_api_toint(lua_State *L, int idx);

/* nil, MSG */
LX_RAISES int lco_api_fail(lua_State *L, const char *msg);

/* Pushes what tostring() gives for the value at IDX, numbers as luaco writes
 * them and ngx.null as "userdata: NULL".  Runs __tostring.  [-0, +1] */
LX_RAISES const char *lco_api_tolstring(lua_State *L, int idx, size_t *len);

/* Pushes N, as an integer if it is whole.  [-0, +1] */
void lco_api_pushnumber(lua_State *L, lua_Number n);

/* t[key] = value for a table that gathers repeated names: the first value
 * stands alone, more of them in an array.  Key and value are on the stack
 * top, T is the table's index.  Raw accesses only.  [-2, +0] */
LX_RAISES void lco_api_addmulti(lua_State *L, int t);

/* Writes the string on the stack top to the error log, of the request if there
 * is one; LEVEL is ngx.STDERR to ngx.DEBUG.  May change the string's place on
 * the stack, not its number.  [-0, +0] */
LX_RAISES void lco_api_log(lua_State *L, int level);

/* From now on require NAME calls LOADER, which pushes the module.
 * [-0, +0] */
LX_RAISES void lco_api_preload(lua_State *L, const char *name,
                               lua_CFunction loader);

/* Adds the field `version` of lua-resty-core to the module on the stack top.
 * [-0, +0] */
LX_RAISES void lco_api_add_version(lua_State *L);

/* Sets the response header whose name and value are at 2 and 3 (1 is ngx.header
 * or whatever); ADD: keeps the values that it has, where it may have several.
 * Raises where there is no request, for a wrong Content-Length, and where ADD
 * has nothing to add. */
LX_RAISES int lco_api_set_header(lua_State *L, int add);

/* __index of a table of headers, whose names are in lower case: the name asked
 * for in lower case, dashes for underscores.  (table, name) on the stack. */
LX_RAISES int lco_api_headers_index(lua_State *L);

/* ngx.arg[n] in LuaCoSet, with (table, n) on the stack: a string, or nil where
 * there is no such argument or it is empty, as in the reference. */
LX_RAISES int lco_api_arg_of_set(lua_State *L, const lco_req *req);

/* The fields of ngx that are computed (open.c has the table).  Getters are
 * called with (ngx, key) on the stack, setters with (ngx, key, value). */
LX_RAISES int lco_api_get_ctx(lua_State *L);
LX_RAISES int lco_api_set_ctx(lua_State *L);
LX_RAISES int lco_api_get_status(lua_State *L);
LX_RAISES int lco_api_set_status(lua_State *L);
LX_RAISES int lco_api_get_headers_sent(lua_State *L);
LX_RAISES int lco_api_get_is_subrequest(lua_State *L);

#endif

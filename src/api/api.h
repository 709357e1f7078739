/* The ngx.* API: one file per topic, each with one open function that adds its
 * fields to the table on the stack top ([-0, +0]).  open.c lists them.
 *
 * Thread: inside the VM, on the owner of the current request.
 */
#ifndef LCO_API_H
#define LCO_API_H

#include "lx/lx.h"

/* Builds the globals ngx, ndk and print in a fresh state, and registers ngx
 * and ndk in package.loaded.  [-0, +0]
 * One field is left to the caller, since it needs the scheduler: ngx.thread,
 * which lco_sched_open() adds when it is called with package.loaded.ngx on
 * the stack top. */
LX_RAISES void lco_api_open(lua_State *L);

LX_RAISES void lco_api_open_consts(lua_State *L);
LX_RAISES void lco_api_open_config(lua_State *L);
LX_RAISES void lco_api_open_output(lua_State *L);
LX_RAISES void lco_api_open_log(lua_State *L);
LX_RAISES void lco_api_open_time(lua_State *L);
LX_RAISES void lco_api_open_escape(lua_State *L);
LX_RAISES void lco_api_open_encode(lua_State *L);
LX_RAISES void lco_api_open_digest(lua_State *L);
LX_RAISES void lco_api_open_errlog(lua_State *L);
LX_RAISES void lco_api_open_restycore(lua_State *L);
/* Adds set_var to the table ndk on the stack top. */
LX_RAISES void lco_api_open_ndk(lua_State *L);
LX_RAISES void lco_api_open_var(lua_State *L);
LX_RAISES void lco_api_open_ctx(lua_State *L);
LX_RAISES void lco_api_open_phase(lua_State *L);
LX_RAISES void lco_api_open_control(lua_State *L);
LX_RAISES void lco_api_open_exec(lua_State *L);
LX_RAISES void lco_api_open_args(lua_State *L);
LX_RAISES void lco_api_open_req(lua_State *L);
/* Adds to ngx.req. */
LX_RAISES void lco_api_open_req_body(lua_State *L);
LX_RAISES void lco_api_open_resp(lua_State *L);
LX_RAISES void lco_api_open_capture(lua_State *L);
LX_RAISES void lco_api_open_sleep(lua_State *L);
LX_RAISES void lco_api_open_regex(lua_State *L);
LX_RAISES void lco_api_open_respall(lua_State *L);
LX_RAISES void lco_api_open_arg(lua_State *L);
LX_RAISES void lco_api_open_sock(lua_State *L);
LX_RAISES void lco_api_open_shdict(lua_State *L);
LX_RAISES void lco_api_open_worker(lua_State *L);
/* Adds to ngx.req, after lco_api_open_sock(). */
LX_RAISES void lco_api_open_req_sock(lua_State *L);
LX_RAISES void lco_api_open_semaphore(lua_State *L);

#endif

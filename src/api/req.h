/* The parts of ngx.req: each adds its functions to the table on the stack top
 * ([-0, +0]).
 *
 * Thread: inside the VM, while the state is built.
 */
#ifndef LCO_API_REQ_H
#define LCO_API_REQ_H

#include "lx/lx.h"

LX_RAISES void lco_api_add_req_uri(lua_State *L);
LX_RAISES void lco_api_add_req_headers(lua_State *L);

#endif

/* Query strings and tables of arguments.
 *
 * Thread: inside the VM.
 */
#ifndef LCO_API_ARGS_H
#define LCO_API_ARGS_H

#include "lx/lx.h"
#include "util/args.h"

/* How many arguments or headers are read unless Lua asks for more: a request
 * cannot make a table of any size. */
#define LCO_API_MAX_PAIRS 100

/* The optional limit at ARG as the functions of ngx.req take it: 0 is none;
 * nil, false and anything negative the default. */
LX_RAISES int lco_api_checkmax(lua_State *L, int arg);

/* Decodes the LEN bytes at S, which may belong to anyone and are copied, as
 * ngx.decode_args() and ngx.req.get_post_args() do: pushes a table, and
 * "truncated" where MAX pairs (0 or less: no limit) were read and more could
 * follow.  Returns the number of values pushed. */
LX_RAISES int lco_api_decode_args(lua_State *L, const char *s, size_t len,
                                  int max);

/* Adds ARG to the table at T: its value, or true where it has none; several
 * values of one name become an array.  Returns 0, and does nothing, if it has
 * no name.  [-0, +0] */
LX_RAISES int lco_api_push_arg(lua_State *L, int t, const lco_arg *arg);

/* Pushes the table at T as a query string: strings and numbers as values, true
 * for a name alone, false and {} for nothing, an array for several.  Raises
 * what the reference raises for anything else.  [-0, +1] */
LX_RAISES const char *lco_api_encode_args(lua_State *L, int t, size_t *len);

#endif

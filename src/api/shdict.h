/* What the methods of ngx.shared.DICT share: their arguments, the buffer of the
 * VM, their results.
 *
 * Thread: inside the VM, any phase.
 */
#ifndef LCO_API_SHDICT_H
#define LCO_API_SHDICT_H

#include "httpd/conf.h"
#include "lx/lx.h"
#include "shm/dict.h"

/* Upvalue 1 of all methods. */
typedef struct lco_shdict_vm {
    lco_dict_buf buf;      /* what is got; first, its __gc knows only that */
    const lco_shared *all; /* the dictionaries of the configuration */
    size_t size;           /* bytes of them */
    const void *last_table;
    lco_dict *last; /* what last_table is */
} lco_shdict_vm;

/* The dictionary at 1; raises `bad "zone" argument`.  The other one also looks
 * at the number of arguments, 1 or 2, and has other words. */
LX_RAISES lco_dict *lco_shdict_check(lua_State *L);
LX_RAISES lco_dict *lco_shdict_check_args(lua_State *L);

/* The key at 2, whose value becomes a string: what tostring() gives or, with
 * IS_STRING, strings and numbers only.  NULL with nil and what is wrong with it
 * on the stack. */
LX_RAISES const char *lco_shdict_key(lua_State *L, size_t *len, int is_string);

/* Seconds as milliseconds; NaN and what does not fit are the smallest number,
 * as LuaJIT converts them. */
int64_t lco_shdict_msec(lua_Number sec);

/* The number at ARG. */
void lco_shdict_number(lua_State *L, int arg, lco_dict_value *v);
/* The value at ARG becomes a number; 0 if it cannot. */
int lco_shdict_tonumber(lua_State *L, int arg);

/* What the methods say for RC. */
const char *lco_shdict_text(lco_dict_rc rc);

/* [-0, +1]; the other one is for what was got into the buffer, which is not
 * kept if it is large. */
LX_RAISES void lco_shdict_push(lua_State *L, const lco_dict_value *v);
LX_RAISES void lco_shdict_push_got(lua_State *L, const lco_dict_value *v);

/* Makes upvalue 1.  [-0, +1] */
LX_RAISES void lco_shdict_new_vm(lua_State *L, const apr_array_header_t *all);
/* The buffer in it. */
lco_dict_buf *lco_shdict_buf(lua_State *L);
/* A buffer that the collector frees.  [-0, +1] */
LX_RAISES lco_dict_buf *lco_shdict_new_buf(lua_State *L);

#endif

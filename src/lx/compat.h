#ifndef LCO_LX_COMPAT_H
#define LCO_LX_COMPAT_H
#include "lx/lx.h"
LX_RAISES void lx_open_compat(lua_State *L, int luajit_numbers);
#endif

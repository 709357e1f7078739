/* Floats as LuaJIT treats them: LuaCoNumbers luajit.
 *
 * LuaJIT has one kind of number.  A program written for it divides 60 by 2 and
 * expects to print 30, to repeat a string 30 times, and string.sub to cut off
 * the fraction of 2.5.  Here the library functions are made to do so: those
 * that write numbers (tostring, table.concat, string.format), those that take
 * whole ones, and those of math that return them.
 *
 * Thread: whoever has entered the VM.
 *
 * Hard part: speed, since these are the functions programs call most.  A
 * function that takes whole numbers is replaced by one that looks at its
 * arguments and then runs Lua's own within the same call.
 */
#include "lx/compat.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Written out, since not every tool reads 0x1p63. */
#define TWO_TO_53 9007199254740992.0
#define TWO_TO_63 9223372036854775808.0
#define TWO_TO_64 18446744073709551616.0

/* Writes the number at IDX into BUF, of LX_NUMSIZE bytes. */
static size_t write_number(lua_State *L, int idx, char *buf)
{
    lua_Number n;

    if (lua_isinteger(L, idx)) {
        return lx_int2str(lua_tointeger(L, idx), buf);
    }
    n = lua_tonumber(L, idx);
    if (n != n) {
        memcpy(buf, "nan", 4); /* without the sign that printf may add */
        return 3;
    }
    if (n > -1e14 && n < 1e14 && n == (lua_Number) (lua_Integer) n &&
        !(n == 0 && signbit(n))) {
        return lx_int2str((lua_Integer) n, buf);
    }
    return (size_t) snprintf(buf, LX_NUMSIZE, "%.14g", n);
}

/* Makes an argument that is a float the string that it is written as. */
static void arg_string(lua_State *L, int arg)
{
    if (lua_type(L, arg) == LUA_TNUMBER && !lua_isinteger(L, arg)) {
        char buf[LX_NUMSIZE];

        lua_pushlstring(L, buf, write_number(L, arg, buf));
        lua_replace(L, arg);
    }
}

/* Is the argument a number, or a string that is one, and no integer?  Whole
 * floats count as integers: Lua's own functions take them. */
static int is_fraction(lua_State *L, int arg, lua_Number *n)
{
    int ok;

    switch (lua_type(L, arg)) {
    case LUA_TNUMBER:
        if (lua_isinteger(L, arg)) {
            return 0;
        }
        break;
    case LUA_TSTRING:
        break;
    default:
        return 0;
    }
    *n = lua_tonumberx(L, arg, &ok);
    if (ok) {
        lua_tointegerx(L, arg, &ok);
        return !ok;
    }
    return 0;
}

/* Cuts the fraction off an argument that has one.  What no integer can hold
 * becomes the nearest one that there is. */
static void arg_integer(lua_State *L, int arg)
{
    lua_Number n;

    if (is_fraction(L, arg, &n)) {
        lua_pushinteger(L, n >= TWO_TO_63   ? LUA_MAXINTEGER
                           : n < -TWO_TO_63 ? LUA_MININTEGER
                           : n != n         ? 0
                                            : (lua_Integer) n);
        lua_replace(L, arg);
    }
}

/* The same for string.format, where numbers up to 2^64 have a meaning: they
 * are written as the 64 bits that they are. */
static void arg_bits(lua_State *L, int arg)
{
    lua_Number n;

    if (is_fraction(L, arg, &n)) {
        lua_pushinteger(L, n >= -TWO_TO_63 && n < TWO_TO_63 ? (lua_Integer) n
                           : n >= TWO_TO_63 && n < TWO_TO_64
                               ? (lua_Integer) (lua_Unsigned) n
                               : LUA_MININTEGER);
        lua_replace(L, arg);
    }
}

/* ---- replaced functions ---- */

/* Upvalue 1: Lua's function.  Upvalue 2: what its arguments are, a letter
 * each: 'i' a whole number, 's' a string, '-' something else; a '+' at the
 * end repeats the letter before it. */
static int with_args(lua_State *L)
{
    const char *kinds = lua_touserdata(L, lua_upvalueindex(2));
    int top = lua_gettop(L);
    int arg;

    for (arg = 1; arg <= top && *kinds; arg++) {
        if (*kinds == 'i') {
            arg_integer(L, arg);
        }
        else if (*kinds == 's') {
            arg_string(L, arg);
        }
        if (kinds[1] != '+') {
            kinds++;
        }
    }
    return lx_call_replaced(L);
}

/* Calls Lua's function and makes integers of whole floats that it returns, as
 * long as they are exact.  Minus zero stays. */
static int with_whole_results(lua_State *L)
{
    int n = lx_call_replaced(L);
    int i;

    for (i = -n; i < 0; i++) {
        if (lua_type(L, i) == LUA_TNUMBER && !lua_isinteger(L, i)) {
            lua_Number x = lua_tonumber(L, i);

            if (x >= -TWO_TO_53 && x <= TWO_TO_53 && x == floor(x) &&
                !(x == 0 && signbit(x))) {
                lua_pushinteger(L, (lua_Integer) x);
                lua_replace(L, i - 1);
            }
        }
    }
    return n;
}

/* table.insert(t, v) takes any value, table.insert(t, pos, v) a position. */
static int table_insert(lua_State *L)
{
    if (lua_gettop(L) == 3) {
        arg_integer(L, 2);
    }
    return lx_call_replaced(L);
}

static int str_gsub(lua_State *L)
{
    /* what a function or a table gives is written by lx_num2str() */
    arg_string(L, 3);
    arg_string(L, 1);
    arg_string(L, 2);
    arg_integer(L, 4);
    return lx_call_replaced(L);
}

/* os.time{year = ...}: its fields are whole numbers. */
static int os_time(lua_State *L)
{
    static const char *const fields[] = {"year", "month", "day",
                                         "hour", "min",   "sec"};
    size_t i;

    if (lua_istable(L, 1)) {
        for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
            lua_Number n;

            lua_getfield(L, 1, fields[i]);
            if (is_fraction(L, -1, &n)) {
                lua_pushvalue(L, -1);
                arg_integer(L, lua_gettop(L));
                lua_setfield(L, 1, fields[i]);
            }
            lua_pop(L, 1);
        }
    }
    return lx_call_replaced(L);
}

/* string.format: the conversions say what the arguments are. */
static int str_format(lua_State *L)
{
    size_t len;
    const char *p = luaL_checklstring(L, 1, &len);
    const char *end = p + len;
    int top = lua_gettop(L);
    int arg = 1;

    while (arg < top && (p = memchr(p, '%', (size_t) (end - p)))) {
        p++;
        if (*p == '%') { /* at END stands a NUL */
            p++;
            continue;
        }
        p += strspn(p, "-+ #0123456789.");
        arg++;
        switch (*p) {
        case 'c':
        case 'd':
        case 'i':
        case 'o':
        case 'u':
        case 'x':
        case 'X':
            arg_bits(L, arg);
            break;
        case 's':
            arg_string(L, arg);
            break;
        default: /* another conversion, or Lua will complain */
            break;
        }
    }
    return lx_call_replaced(L);
}

/* ---- functions of our own ---- */

static int tostring_done(lua_State *L, int status, lua_KContext ctx)
{
    (void) L;
    (void) status;
    (void) ctx;
    return 1;
}

/* tostring(v); __tostring may yield and may return anything. */
static int base_tostring(lua_State *L)
{
    char buf[LX_NUMSIZE];

    switch (lua_type(L, 1)) {
    case LUA_TSTRING:
        lua_settop(L, 1);
        return 1;
    case LUA_TNUMBER:
        lua_pushlstring(L, buf, write_number(L, 1, buf));
        return 1;
    default:
        luaL_checkany(L, 1);
        if (luaL_getmetafield(L, 1, "__tostring") != LUA_TNIL) {
            lua_pushvalue(L, 1);
            lua_callk(L, 1, 1, 0, tostring_done);
            return 1;
        }
        luaL_tolstring(L, 1, NULL);
        return 1;
    }
}

/* Adds the element on the stack top to B and pops it.  [-1, +?] */
static void concat_element(lua_State *L, luaL_Buffer *b, lua_Integer i)
{
    switch (lua_type(L, -1)) {
    case LUA_TSTRING:
        luaL_addvalue(b);
        break;
    case LUA_TNUMBER: {
        char buf[LX_NUMSIZE];
        size_t len = write_number(L, -1, buf);

        lua_pop(L, 1);
        luaL_addlstring(b, buf, len);
        break;
    }
    default:
        luaL_error(L, "invalid value (%s) at index %I in table for 'concat'",
                   luaL_typename(L, -1), (LUAI_UACINT) i);
    }
}

/* table.concat(t [, sep [, i [, j]]]) */
static int table_concat(lua_State *L)
{
    luaL_Buffer b;
    const char *sep;
    size_t sep_len;
    lua_Integer i;
    lua_Integer last;
    int raw;

    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 4);
    raw = !lua_getmetatable(L, 1);
    lua_settop(L, 4);
    arg_string(L, 2);
    arg_integer(L, 3);
    arg_integer(L, 4);
    sep = luaL_optlstring(L, 2, "", &sep_len);
    i = luaL_optinteger(L, 3, 1);
    if (lua_isnil(L, 4)) {
        last = raw ? (lua_Integer) lua_rawlen(L, 1) : luaL_len(L, 1);
    }
    else {
        last = luaL_checkinteger(L, 4);
    }

    luaL_buffinit(L, &b);
    for (; i <= last; i++) {
        if (raw) {
            lua_rawgeti(L, 1, i);
        }
        else {
            lua_geti(L, 1, i);
        }
        concat_element(L, &b, i);
        if (i == last) { /* LAST may be the largest integer */
            break;
        }
        luaL_addlstring(&b, sep, sep_len);
    }
    luaL_pushresult(&b);
    return 1;
}

/* ---- the list ---- */

static const struct replaced {
    const char *lib;
    const char *name;
    const char *kinds; /* for with_args, else NULL */
    lua_CFunction by;
} replaced[] = {
    {"_G", "select", "i", with_args},
    {"_G", "collectgarbage", "-i", with_args},
    {"string", "byte", "sii", with_args},
    {"string", "char", "i+", with_args},
    {"string", "find", "ssi", with_args},
    {"string", "format", NULL, str_format},
    {"string", "gmatch", "ssi", with_args},
    {"string", "gsub", NULL, str_gsub},
    {"string", "len", "s", with_args},
    {"string", "lower", "s", with_args},
    {"string", "match", "ssi", with_args},
    {"string", "rep", "sis", with_args},
    {"string", "reverse", "s", with_args},
    {"string", "sub", "sii", with_args},
    {"string", "upper", "s", with_args},
    {"table", "insert", NULL, table_insert},
    {"table", "move", "-iii", with_args},
    {"table", "remove", "-i", with_args},
    {"table", "unpack", "-ii", with_args},
    {"math", "random", "ii", with_args},
    {"os", "date", "-i", with_args},
    {"os", "time", NULL, os_time},

    {"_G", "tonumber", NULL, with_whole_results},
    {"math", "abs", NULL, with_whole_results},
    {"math", "fmod", NULL, with_whole_results},
    {"math", "ldexp", NULL, with_whole_results},
    {"math", "log", NULL, with_whole_results},
    {"math", "log10", NULL, with_whole_results},
    {"math", "max", NULL, with_whole_results},
    {"math", "min", NULL, with_whole_results},
    {"math", "modf", NULL, with_whole_results},
    {"math", "pow", NULL, with_whole_results},
    {"math", "sqrt", NULL, with_whole_results},
    {"os", "difftime", NULL, with_whole_results},
};

static void replace(lua_State *L, const struct replaced *r)
{
    lua_getglobal(L, r->lib);
    if (lua_getfield(L, -1, r->name) == LUA_TFUNCTION) {
        lua_pushlightuserdata(L, (void *) r->kinds);
        lua_pushcclosure(L, r->by, 2);
        lua_setfield(L, -2, r->name);
        lua_pop(L, 1);
    }
    else {
        lua_pop(L, 2);
    }
}

/* lib.to = lib.from, where TO is another name of a function replaced. */
static void alias(lua_State *L, const char *lib, const char *to,
                  const char *from)
{
    lua_getglobal(L, lib);
    lua_getfield(L, -1, from);
    lua_setfield(L, -2, to);
    lua_pop(L, 1);
}

void lx_open_numbers(lua_State *L)
{
    size_t i;

    for (i = 0; i < sizeof(replaced) / sizeof(replaced[0]); i++) {
        replace(L, &replaced[i]);
    }
    lua_pushcfunction(L, base_tostring);
    lua_setglobal(L, "tostring");
    lua_getglobal(L, "table");
    lua_pushcfunction(L, table_concat);
    lua_setfield(L, -2, "concat");
    lua_getfield(L, -1, "unpack");
    lua_setglobal(L, "unpack");
    lua_pop(L, 1);
    alias(L, "string", "gfind", "gmatch");
    alias(L, "math", "mod", "fmod");
}

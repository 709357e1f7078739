/* The table `bit` as LuaJIT has it: operations on 32 bits, results signed.
 *
 * Thread: whoever has entered the VM.  The one thing to know: how a number
 * becomes 32 bits.  An integer gives its low ones; a float is rounded (to the
 * even neighbour where it lies between two) and then taken modulo 2^32.
 */
#include "lx/compat.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

static uint32_t check_bits(lua_State *L, int arg)
{
    lua_Number n;
    int isint;
    lua_Integer i = lua_tointegerx(L, arg, &isint);

    if (isint) {
        return (uint32_t) i;
    }
    n = luaL_checknumber(L, arg);
    if (!(fabs(n) < HUGE_VAL)) {
        return 0;
    }
    n = fmod(nearbyint(n), 4294967296.0);
    return (uint32_t) (int64_t) n;
}

static int push_bits(lua_State *L, uint32_t bits)
{
    lua_pushinteger(L, (int32_t) bits);
    return 1;
}

static int bit_tobit(lua_State *L)
{
    return push_bits(L, check_bits(L, 1));
}

static int bit_bnot(lua_State *L)
{
    return push_bits(L, ~check_bits(L, 1));
}

static int bit_bswap(lua_State *L)
{
    return push_bits(L, __builtin_bswap32(check_bits(L, 1)));
}

static int bit_band(lua_State *L)
{
    uint32_t bits = check_bits(L, 1);
    int i;

    for (i = lua_gettop(L); i > 1; i--) {
        bits &= check_bits(L, i);
    }
    return push_bits(L, bits);
}

static int bit_bor(lua_State *L)
{
    uint32_t bits = check_bits(L, 1);
    int i;

    for (i = lua_gettop(L); i > 1; i--) {
        bits |= check_bits(L, i);
    }
    return push_bits(L, bits);
}

static int bit_bxor(lua_State *L)
{
    uint32_t bits = check_bits(L, 1);
    int i;

    for (i = lua_gettop(L); i > 1; i--) {
        bits ^= check_bits(L, i);
    }
    return push_bits(L, bits);
}

static int bit_lshift(lua_State *L)
{
    uint32_t bits = check_bits(L, 1);

    return push_bits(L, bits << (check_bits(L, 2) & 31));
}

static int bit_rshift(lua_State *L)
{
    uint32_t bits = check_bits(L, 1);

    return push_bits(L, bits >> (check_bits(L, 2) & 31));
}

static int bit_arshift(lua_State *L)
{
    int32_t bits = (int32_t) check_bits(L, 1);

    return push_bits(L, (uint32_t) (bits >> (check_bits(L, 2) & 31)));
}

static uint32_t rotate_left(uint32_t bits, uint32_t by)
{
    by &= 31;
    return by ? bits << by | bits >> (32 - by) : bits;
}

static int bit_rol(lua_State *L)
{
    uint32_t bits = check_bits(L, 1);

    return push_bits(L, rotate_left(bits, check_bits(L, 2)));
}

static int bit_ror(lua_State *L)
{
    uint32_t bits = check_bits(L, 1);

    return push_bits(L, rotate_left(bits, 32 - (check_bits(L, 2) & 31)));
}

/* The number of digits is negative for capital letters; more than eight are
 * filled up with zeros. */
static int bit_tohex(lua_State *L)
{
    enum {
        MAX_DIGITS = 254
    };
    uint32_t bits = check_bits(L, 1);
    int32_t digits = lua_isnoneornil(L, 2) ? 8 : (int32_t) check_bits(L, 2);
    const char *hex = "0123456789abcdef";
    char buf[MAX_DIGITS];
    int i;

    if (digits < 0) {
        hex = "0123456789ABCDEF";
        digits = digits < -MAX_DIGITS ? MAX_DIGITS : -digits;
    }
    if (digits > MAX_DIGITS) {
        digits = MAX_DIGITS;
    }
    for (i = digits - 1; i >= 0; i--) {
        buf[i] = hex[bits & 15];
        bits >>= 4;
    }
    lua_pushlstring(L, buf, (size_t) digits);
    return 1;
}

static const luaL_Reg bit_funcs[] = {
    {"tobit", bit_tobit},   {"tohex", bit_tohex},   {"bnot", bit_bnot},
    {"band", bit_band},     {"bor", bit_bor},       {"bxor", bit_bxor},
    {"lshift", bit_lshift}, {"rshift", bit_rshift}, {"arshift", bit_arshift},
    {"rol", bit_rol},       {"ror", bit_ror},       {"bswap", bit_bswap},
    {NULL, NULL},
};

static int open_bit(lua_State *L)
{
    luaL_newlib(L, bit_funcs);
    return 1;
}

void lx_open_bit(lua_State *L)
{
    luaL_requiref(L, "bit", open_bit, 1);
    lua_pop(L, 1);
}

/* table.sort whose function, or elements' __lt, may yield.
 *
 * Thread: whoever has entered the VM.
 *
 * A merge sort from the bottom up: its place is a few numbers, which a yield
 * cannot take away, and it comes to an end with whatever the function says.
 * The elements are sorted in two tables of its own and written back at the
 * end, so an error leaves the table as it was.  Without a function, numbers
 * and strings are sorted by Lua's own table.sort.
 */
#include "lx/compat.h"

#include <limits.h>

static lua_CFunction lua_sort; /* set while the first state is made */

enum {
    TABLE = 1,
    LESS, /* a function or nil */
    FIRST,
    SECOND, /* two tables; runs go from one into the other */
    PLACE,
    TOP = PLACE
};

typedef struct place {
    lua_Integer n;
    lua_Integer width;  /* of the runs that are sorted */
    lua_Integer i, mid; /* what is left of the left run */
    lua_Integer j, end; /* of the right one */
    lua_Integer k;      /* where the next element goes */
    int from, to;       /* FIRST and SECOND, or the other way round */
} place;

/* The element at I of FROM is the next one. */
static void move(lua_State *L, place *p, lua_Integer i)
{
    lua_rawgeti(L, p->from, i);
    lua_rawseti(L, p->to, p->k++);
}

static int merge(lua_State *L, int status, lua_KContext ctx);

/* Is the right run's element less than the left's?  The answer is on the stack
 * top; may yield. */
LX_RAISES static void compare(lua_State *L, const place *p)
{
    int less;

    if (lua_type(L, LESS) == LUA_TFUNCTION) {
        lua_pushvalue(L, LESS);
        lua_rawgeti(L, p->from, p->j);
        lua_rawgeti(L, p->from, p->i);
        lua_callk(L, 2, 1, 1, merge);
        return;
    }
    lua_rawgeti(L, p->from, p->j);
    lua_rawgeti(L, p->from, p->i);
    if ((lua_type(L, -2) != LUA_TNUMBER || lua_type(L, -1) != LUA_TNUMBER) &&
        (lua_type(L, -2) != LUA_TSTRING || lua_type(L, -1) != LUA_TSTRING) &&
        (luaL_getmetafield(L, -2, "__lt") != LUA_TNIL ||
         luaL_getmetafield(L, -1, "__lt") != LUA_TNIL)) {
        lua_insert(L, -3);
        lua_callk(L, 2, 1, 1, merge);
        return;
    }
    less = lua_compare(L, -2, -1, LUA_OPLT);
    lua_pushboolean(L, less);
}

/* Takes the answer from the stack top and moves the element that it is about.
 */
static void take(lua_State *L, place *p)
{
    int less = lua_toboolean(L, -1);

    lua_settop(L, TOP);
    move(L, p, less ? p->j++ : p->i++);
}

/* The next two runs of this width; 0 if there are none. */
static int next_runs(place *p, lua_Integer from)
{
    if (from > p->n) {
        return 0;
    }
    p->i = p->k = from;
    p->mid = p->n - from < p->width ? p->n + 1 : from + p->width;
    p->j = p->mid;
    p->end = p->n - p->mid + 1 < p->width ? p->n + 1 : p->mid + p->width;
    return 1;
}

/* Goes on: with CTX 1 an answer is on the stack top. */
static int merge(lua_State *L, int status, lua_KContext ctx)
{
    place *p = lua_touserdata(L, PLACE);
    lua_Integer i;

    (void) status;
    if (ctx) {
        take(L, p);
    }
    for (;;) {
        while (p->i < p->mid && p->j < p->end) {
            compare(L, p);
            take(L, p);
        }
        while (p->i < p->mid) {
            move(L, p, p->i++);
        }
        while (p->j < p->end) {
            move(L, p, p->j++);
        }
        if (!next_runs(p, p->end)) {
            int from = p->from;

            p->from = p->to;
            p->to = from;
            if (p->width >= p->n - p->width) {
                break;
            }
            p->width *= 2;
            next_runs(p, 1);
        }
    }
    for (i = 1; i <= p->n; i++) {
        lua_rawgeti(L, p->from, i);
        lua_seti(L, TABLE, i);
    }
    return 0;
}

static int sort(lua_State *L)
{
    lua_Integer n, i, size;
    place *p;

    if (!lua_istable(L, TABLE)) {
        return lua_sort(L);
    }
    if (!lua_isfunction(L, LESS)) {
        int type;

        if (!lua_isnoneornil(L, LESS)) {
            return lua_sort(L);
        }
        type = lua_geti(L, TABLE, 1);
        lua_pop(L, 1);
        if (type != LUA_TTABLE && type != LUA_TUSERDATA) {
            return lua_sort(L);
        }
    }
    n = luaL_len(L, TABLE);
    if (n < 2 || n >= INT_MAX) {
        return lua_sort(L);
    }
    lua_settop(L, LESS);
    luaL_checkstack(L, 20, NULL);
    /* a __len may say anything: what is really there sets the size */
    size = (lua_Integer) lua_rawlen(L, TABLE);
    size = size < n ? size : n;
    lua_createtable(L, (int) size, 0);
    lua_createtable(L, (int) size, 0);
    p = lx_newuserdata(L, sizeof(*p));
    p->n = n;
    p->width = 1;
    p->from = FIRST;
    p->to = SECOND;
    next_runs(p, 1);
    for (i = 1; i <= n; i++) {
        lua_geti(L, TABLE, i);
        lua_rawseti(L, FIRST, i);
    }
    return merge(L, LUA_OK, 0);
}

void lx_open_sort(lua_State *L)
{
    lua_getglobal(L, "table");
    lua_getfield(L, -1, "sort");
    lua_sort = lua_tocfunction(L, -1);
    lua_pop(L, 1);
    lua_pushcfunction(L, sort);
    lua_setfield(L, -2, "sort");
    lua_pop(L, 1);
}

/* string.gsub whose function, or table's __index, may yield.
 *
 * Thread: whoever has entered the VM.
 *
 * Hard part: Lua's own keeps its place in C variables, which a yield throws
 * away.  Here the place lies in a userdata, matches are found one by one by
 * Lua's string.find, and the result grows in another userdata.  Replacements
 * that are strings cannot yield and stay with Lua's own function.
 */
#include "lx/compat.h"

#include <stdint.h>
#include <string.h>

/* Lua's functions; set while the first state is made, the same for all. */
static lua_CFunction lua_gsub, lua_find;

enum {
    SUBJECT = 1,
    PATTERN,
    REPL,
    MAX,
    PLACE, /* place, a userdata */
    OUT,   /* the result so far, a userdata of PLACE's cap bytes */
    TOP = OUT
};

typedef struct place {
    const char *s; /* of SUBJECT */
    size_t len;
    size_t at;       /* what lies before is done */
    size_t last;     /* where the last match ended, SIZE_MAX: none yet */
    size_t from, to; /* the match that is being replaced */
    lua_Integer n, max;
    int anchor;
    size_t used, cap; /* of OUT */
} place;

LX_RAISES static void append(lua_State *L, place *p, const char *s, size_t len)
{
    if (len > p->cap - p->used) {
        size_t cap = p->cap;
        void *old = lua_touserdata(L, OUT), *grown;

        while (len > cap - p->used) {
            if (cap > SIZE_MAX / 2) {
                luaL_error(L, "resulting string too large");
            }
            cap *= 2;
        }
        grown = lx_newuserdata(L, cap);
        memcpy(grown, old, p->used);
        lua_replace(L, OUT);
        p->cap = cap;
    }
    if (len) {
        memcpy((char *) lua_touserdata(L, OUT) + p->used, s, len);
        p->used += len;
    }
}

/* Finds the next match: pushes what string.find returns and gives the number.
 * An error gets the position of gsub's caller, as if gsub had raised it. */
LX_RAISES static int find(lua_State *L, const place *p)
{
    int base = lua_gettop(L);

    lua_pushcfunction(L, lua_find);
    lua_pushvalue(L, SUBJECT);
    lua_pushvalue(L, PATTERN);
    lua_pushinteger(L, (lua_Integer) p->at + 1);
    if (lua_pcall(L, 3, LUA_MULTRET, 0) != LUA_OK) {
        if (lua_type(L, -1) == LUA_TSTRING) {
            luaL_where(L, 1);
            lua_insert(L, -2);
            lua_concat(L, 2);
        }
        lua_error(L);
    }
    return lua_gettop(L) - base;
}

/* Takes what the replacement came to from the stack top and adds it. */
LX_RAISES static void add_value(lua_State *L, place *p)
{
    char number[LX_NUMSIZE];
    const char *s;
    size_t len;

    switch (lua_type(L, -1)) {
    case LUA_TSTRING:
        s = lua_tolstring(L, -1, &len);
        append(L, p, s, len); /* may push, but S is still anchored */
        break;
    case LUA_TNUMBER:
        len = lx_num2str(L, -1, number);
        append(L, p, number, len);
        break;
    default:
        if (lua_toboolean(L, -1)) {
            luaL_error(L, "invalid replacement value (a %s)",
                       luaL_typename(L, -1));
        }
        append(L, p, p->s + p->from, p->to - p->from);
    }
    p->at = p->last = p->to;
    lua_settop(L, TOP);
}

static int next_matches(lua_State *L, int status, lua_KContext ctx);

/* Asks the table REPL for the key on the stack top: pushes the value.  Where
 * an __index is a function, it is called so that it may yield. */
LX_RAISES static void ask_table(lua_State *L)
{
    int depth;

    lua_pushvalue(L, REPL); /* key, table */
    for (depth = 0; depth < 100; depth++) {
        if (lua_istable(L, -1)) {
            lua_pushvalue(L, -2);
            if (lua_rawget(L, -2) != LUA_TNIL) {
                return;
            }
            lua_pop(L, 1);
        }
        switch (luaL_getmetafield(L, -1, "__index")) {
        case LUA_TNIL:
            if (!lua_istable(L, -1)) {
                break; /* the error is Lua's to word */
            }
            lua_pushnil(L);
            return;
        case LUA_TFUNCTION: /* key, table, function */
            lua_insert(L, -2);
            lua_pushvalue(L, -3);
            lua_callk(L, 2, 1, 1, next_matches);
            return;
        default: /* key, table, what to ask in its place */
            lua_remove(L, -2);
            continue;
        }
        break;
    }
    lua_pushvalue(L, -2);
    lua_gettable(L, -2);
}

/* Goes on: with CTX 1 a replacement's value is on the stack top. */
static int next_matches(lua_State *L, int status, lua_KContext ctx)
{
    place *p = lua_touserdata(L, PLACE);

    (void) status;
    if (ctx) {
        add_value(L, p);
        if (p->anchor) {
            p->max = p->n;
        }
    }
    while (p->n < p->max) {
        int found = find(L, p);

        if (found < 2) { /* nil */
            break;
        }
        p->from = (size_t) lua_tointeger(L, TOP + 1) - 1;
        p->to = (size_t) lua_tointeger(L, TOP + 2);
        if (p->to == p->last && p->from == p->at) {
            /* nothing, where the last match ended, does not count */
            if (p->at == p->len) {
                break;
            }
            append(L, p, p->s + p->at, 1);
            p->at++;
            lua_settop(L, TOP);
            continue;
        }
        append(L, p, p->s + p->at, p->from - p->at);
        p->n++;
        if (found == 2) { /* no captures: the whole match */
            lua_pushlstring(L, p->s + p->from, p->to - p->from);
            found++;
        }
        if (lua_type(L, REPL) == LUA_TFUNCTION) {
            lua_pushvalue(L, REPL);
            lua_insert(L, TOP + 3);
            lua_callk(L, found - 2, 1, 1, next_matches);
        }
        else {
            lua_settop(L, TOP + 3); /* the first capture is the key */
            ask_table(L);
        }
        add_value(L, p);
        if (p->anchor) {
            break;
        }
    }
    append(L, p, p->s + p->at, p->len - p->at);
    lua_pushlstring(L, lua_touserdata(L, OUT), p->used);
    lua_pushinteger(L, p->n);
    return 2;
}

/* Does string.find take the pattern for plain text? */
static int is_plain(const char *pattern, size_t len)
{
    size_t i;

    for (i = 0; i < len; i++) {
        if (pattern[i] && strchr("^$*+?.([%-", pattern[i])) {
            return 0;
        }
    }
    return 1;
}

static int gsub(lua_State *L)
{
    size_t len, pattern_len;
    const char *s, *pattern;
    lua_Integer max;
    place *p;

    if (lua_type(L, REPL) != LUA_TFUNCTION && lua_type(L, REPL) != LUA_TTABLE) {
        return lua_gsub(L);
    }
    s = luaL_checklstring(L, SUBJECT, &len);
    pattern = luaL_checklstring(L, PATTERN, &pattern_len);
    if (memchr(pattern, ')', pattern_len) && is_plain(pattern, pattern_len)) {
        /* plain text for string.find, a pattern that matches nothing here */
        return lua_gsub(L);
    }
    max = luaL_optinteger(L, MAX, (lua_Integer) len + 1);
    lua_settop(L, MAX);
    luaL_checkstack(L, 60, NULL); /* 32 captures */

    p = lx_newuserdata(L, sizeof(*p));
    memset(p, 0, sizeof(*p));
    p->s = s;
    p->len = len;
    p->last = SIZE_MAX;
    p->max = max;
    p->anchor = *pattern == '^';
    p->cap = len + len / 4 + 64;
    lx_newuserdata(L, p->cap);
    return next_matches(L, LUA_OK, 0);
}

void lx_open_gsub(lua_State *L)
{
    lua_getglobal(L, "string");
    lua_getfield(L, -1, "gsub");
    lua_gsub = lua_tocfunction(L, -1);
    lua_getfield(L, -2, "find");
    lua_find = lua_tocfunction(L, -1);
    lua_pop(L, 2);
    lua_pushcfunction(L, gsub);
    lua_setfield(L, -2, "gsub");
    lua_pop(L, 1);
}

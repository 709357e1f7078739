/* tostring, pairs, load and require whose functions may yield: __tostring,
 * __pairs, a reader, a module's code and its searchers.
 *
 * Thread: whoever has entered the VM.  Each keeps its place on the Lua stack.
 */
#include "lx/compat.h"

#include <string.h>

/* ---- tostring, pairs ---- */

static int tostring_done(lua_State *L, int status, lua_KContext ctx)
{
    (void) status;
    (void) ctx;
    if (!lua_isstring(L, -1)) {
        return luaL_error(L, "'__tostring' must return a string");
    }
    return 1;
}

static int base_tostring(lua_State *L)
{
    luaL_checkany(L, 1);
    if (luaL_getmetafield(L, 1, "__tostring") == LUA_TNIL) {
        luaL_tolstring(L, 1, NULL);
        return 1;
    }
    lua_pushvalue(L, 1);
    lua_callk(L, 1, 1, 0, tostring_done);
    return tostring_done(L, LUA_OK, 0);
}

static int pairs_done(lua_State *L, int status, lua_KContext ctx)
{
    (void) L;
    (void) status;
    (void) ctx;
    return 3;
}

/* Upvalue 1: next. */
static int base_pairs(lua_State *L)
{
    luaL_checkany(L, 1);
    if (luaL_getmetafield(L, 1, "__pairs") == LUA_TNIL) {
        lua_pushvalue(L, lua_upvalueindex(1));
        lua_pushvalue(L, 1);
        lua_pushnil(L);
        return 3;
    }
    lua_pushvalue(L, 1);
    lua_callk(L, 1, 3, 0, pairs_done);
    return 3;
}

/* ---- load ---- */

enum {
    READER = 1,
    CHUNKNAME,
    MODE,
    ENV,
    ARGS, /* how many arguments there were */
    TEXT, /* a userdata of CAP bytes */
    LOAD_TOP = TEXT,

    MAX_TEXT = 1 << 28 /* a reader may never end */
};

typedef struct text {
    size_t len, cap;
    char data[];
} text;

/* Adds the string on the stack top to the text and pops it; 0: too long. */
LX_RAISES static int add_piece(lua_State *L)
{
    text *t = lua_touserdata(L, TEXT), *grown;
    size_t len, cap = t->cap;
    const char *piece = lua_tolstring(L, -1, &len);

    if (len > cap - t->len) {
        while (len > cap - t->len) {
            if (cap >= MAX_TEXT) {
                return 0;
            }
            cap *= 2;
        }
        grown = lx_newuserdata(L, sizeof(*t) + cap);
        memcpy(grown, t, sizeof(*t) + t->len);
        grown->cap = cap;
        lua_replace(L, TEXT);
        t = grown;
    }
    memcpy(t->data + t->len, piece, len);
    t->len += len;
    lua_pop(L, 1);
    return 1;
}

/* All has been read: what `load` (upvalue 1) makes of it. */
LX_RAISES static int load_text(lua_State *L)
{
    const text *t = lua_touserdata(L, TEXT);
    int args = (int) lua_tointeger(L, ARGS);

    lua_pushvalue(L, lua_upvalueindex(1));
    lua_pushlstring(L, t->data, t->len);
    if (lua_isnoneornil(L, CHUNKNAME)) {
        lua_pushliteral(L, "=(load)");
    }
    else {
        lua_pushvalue(L, CHUNKNAME);
    }
    lua_pushvalue(L, MODE);
    if (args >= ENV) {
        lua_pushvalue(L, ENV);
    }
    lua_call(L, args >= ENV ? 4 : 3, LUA_MULTRET);
    return lua_gettop(L) - LOAD_TOP;
}

/* Goes on reading; with CTX 1 a piece is on the stack top, or an error. */
static int read_pieces(lua_State *L, int status, lua_KContext ctx)
{
    while (ctx == 0 || status == LUA_OK || status == LUA_YIELD) {
        if (ctx) {
            if (lua_isnil(L, -1) ||
                (lua_type(L, -1) == LUA_TSTRING && !lua_rawlen(L, -1))) {
                lua_settop(L, LOAD_TOP);
                return load_text(L);
            }
            if (!lua_isstring(L, -1)) {
                lua_pushliteral(L, "reader function must return a string");
                break;
            }
            if (!add_piece(L)) {
                lua_pushliteral(L, "chunk too large");
                break;
            }
        }
        ctx = 1;
        lua_pushvalue(L, READER);
        status = lua_pcallk(L, 0, 1, 0, 1, read_pieces);
    }
    /* a reader's error is one of load */
    lua_pushnil(L);
    lua_insert(L, -2);
    return 2;
}

/* load(f, ...): Lua's load reads while it compiles, where nothing may yield.
 * Here all is read first. */
static int base_load(lua_State *L)
{
    int args = lua_gettop(L);
    text *t;

    if (lua_isstring(L, READER)) {
        return lx_call_replaced(L);
    }
    luaL_checktype(L, READER, LUA_TFUNCTION);
    lua_settop(L, ENV);
    luaL_checkstack(L, 20, NULL);
    lua_pushinteger(L, args);
    t = lx_newuserdata(L, sizeof(*t) + 1024);
    t->len = 0;
    t->cap = 1024;
    return read_pieces(L, LUA_OK, 0);
}

/* ---- require ---- */

enum {
    NAME = 1,
    LOADED,    /* package.loaded */
    SEARCHERS, /* package.searchers */
    MESSAGE,   /* what the searchers said that found nothing */
    REQUIRE_TOP = MESSAGE
};

static int search(lua_State *L, int status, lua_KContext ctx);

/* The loader has returned: its result, if any, is on the stack top. */
static int loaded(lua_State *L, int status, lua_KContext ctx)
{
    (void) status;
    (void) ctx;
    if (!lua_isnil(L, -1)) {
        lua_pushvalue(L, NAME);
        lua_pushvalue(L, -2);
        lua_settable(L, LOADED);
    }
    lua_pushvalue(L, NAME);
    if (lua_gettable(L, LOADED) == LUA_TNIL) { /* nothing said what it is */
        lua_pushvalue(L, NAME);
        lua_pushboolean(L, 1);
        lua_settable(L, LOADED);
        lua_pushboolean(L, 1);
    }
    return 1;
}

/* Asks searcher number CTX and all after it; in a continuation (STATUS is
 * LUA_YIELD) that one's two results are on the stack top. */
static int search(lua_State *L, int status, lua_KContext ctx)
{
    lua_Integer i;

    for (i = (lua_Integer) ctx;; i++) {
        if (status != LUA_YIELD) {
            if (lua_rawgeti(L, SEARCHERS, i) == LUA_TNIL) {
                return luaL_error(L, "module '%s' not found:%s",
                                  lua_tostring(L, NAME),
                                  lua_tostring(L, MESSAGE));
            }
            lua_pushvalue(L, NAME);
            lua_callk(L, 1, 2, (lua_KContext) i, search);
        }
        status = LUA_OK;
        if (lua_isfunction(L, -2)) { /* the loader and what it is to get */
            lua_pushvalue(L, NAME);
            lua_insert(L, -2);
            lua_callk(L, 2, 1, 0, loaded);
            return loaded(L, LUA_OK, 0);
        }
        if (lua_isstring(L, -2)) {
            lua_pop(L, 1);
#if LUA_VERSION_NUM >= 504
            lua_pushliteral(L, "\n\t"); /* 5.3's searchers begin so */
            lua_insert(L, -2);
            lua_concat(L, 2);
#endif
            lua_concat(L, 2); /* MESSAGE lies below */
        }
        lua_settop(L, REQUIRE_TOP);
    }
}

/* require(name); upvalue 1 is the table package. */
static int base_require(lua_State *L)
{
    luaL_checkstring(L, NAME);
    lua_settop(L, NAME);
    luaL_getsubtable(L, LUA_REGISTRYINDEX, "_LOADED");
    lua_pushvalue(L, NAME);
    lua_gettable(L, LOADED);
    if (lua_toboolean(L, -1)) {
        return 1;
    }
    lua_pop(L, 1);
    if (lua_getfield(L, lua_upvalueindex(1), "searchers") != LUA_TTABLE) {
        return luaL_error(L, "'package.searchers' must be a table");
    }
    lua_pushliteral(L, "");
    return search(L, LUA_OK, 1);
}

/* ---- the names ---- */

void lx_open_base(lua_State *L)
{
    lua_pushcfunction(L, base_tostring);
    lua_setglobal(L, "tostring");
    lua_getglobal(L, "next");
    lua_pushcclosure(L, base_pairs, 1);
    lua_setglobal(L, "pairs");
    lua_getglobal(L, "load");
    lua_pushcclosure(L, base_load, 1);
    lua_setglobal(L, "load");
    lua_getglobal(L, "loadstring");
    lua_pushcclosure(L, base_load, 1);
    lua_setglobal(L, "loadstring");
    lua_getglobal(L, "package");
    lua_pushcclosure(L, base_require, 1);
    lua_setglobal(L, "require");
}

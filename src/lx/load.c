/* lx_load_factory: code that can be run any number of times, each time with an
 * environment of its own.
 *
 * Source is compiled inside a function whose parameter is the environment, so
 * that a request costs one closure and no compilation.  The hard thing is that
 * nobody may notice: the wrapping stands on the source's own first line, and
 * the source alone is compiled first, so that an error speaks of what was
 * written (and `end ... function()` is an error, not a way out).  luac output
 * cannot be wrapped; it is loaded again for each run.
 */
#include "lx/lx.h"

#include <string.h>

typedef struct piece {
    const char *s;
    size_t len;
} piece;

typedef struct pieces {
    piece p[3];
    int next;
} pieces;

static const char *read_piece(lua_State *L, void *data, size_t *len)
{
    pieces *ps = data;
    piece *p;

    (void) L;
    while (ps->next < 3) {
        p = &ps->p[ps->next++];
        if (p->len > 0) {
            *len = p->len;
            return p->s;
        }
    }
    *len = 0;
    return NULL;
}

/* A byte order mark and a first line that begins with # are not Lua; the line
 * still counts. */
static void skip_head(const char **code, size_t *len)
{
    const char *nl;

    if (*len >= 3 && memcmp(*code, "\xEF\xBB\xBF", 3) == 0) {
        *code += 3;
        *len -= 3;
    }
    if (*len > 0 && **code == '#') {
        nl = memchr(*code, '\n', *len);
        *len = nl != NULL ? *len - (size_t) (nl - *code) : 0;
        *code = nl;
    }
}

/* Upvalues: luac output, chunk name.  Argument: the environment. */
static int binary_factory(lua_State *L)
{
    size_t len;
    const char *code = lua_tolstring(L, lua_upvalueindex(1), &len);
    const char *name = lua_tostring(L, lua_upvalueindex(2));

    lua_settop(L, 1);
    if (luaL_loadbufferx(L, code, len, name, "b") != LUA_OK) {
        return lua_error(L);
    }
    lua_pushvalue(L, 1);
    if (lua_setupvalue(L, -2, 1) == NULL) {
        lua_pop(L, 1);
    }
    return 1;
}

int lx_load_factory(lua_State *L, const char *code, size_t len,
                    const char *chunkname)
{
    static const char before[] = "local _ENV=...;return function(...) ";
    static const char after[] = "\nend";
    pieces ps = {{{code, len}}, 0};
    int binary, status;

    skip_head(&ps.p[0].s, &ps.p[0].len);
    code = ps.p[0].s;
    len = ps.p[0].len;
    binary = len > 0 && *code == LUA_SIGNATURE[0];

    status = lua_load(L, read_piece, &ps, chunkname, binary ? "b" : "t");
    if (status != LUA_OK) {
        return status;
    }
    lua_pop(L, 1);

    if (binary) {
        lua_pushlstring(L, code, len);
        lua_pushstring(L, chunkname);
        lua_pushcclosure(L, binary_factory, 2);
        return LUA_OK;
    }

    ps.p[0].s = before;
    ps.p[0].len = sizeof(before) - 1;
    ps.p[1].s = code;
    ps.p[1].len = len;
    ps.p[2].s = after;
    ps.p[2].len = sizeof(after) - 1;
    ps.next = 0;
    return lua_load(L, read_piece, &ps, chunkname, "t");
}

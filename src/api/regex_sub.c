/* ngx.re.sub and ngx.re.gsub.
 *
 * With a template nothing runs in between the matches, and the result grows in
 * one of Lua's buffers.  A function may wait: what is known so far is then kept
 * in a userdata on the coroutine's stack, where the collector finds it if the
 * coroutine never goes on, and the call goes on in a continuation.
 *
 * Thread: inside the VM, any phase.
 */
#include "api/regex.h"

#include "api/common.h"
#include "util/rx_tpl.h"

#include <http_log.h>

#include <string.h>

/* Pushes nil, nil and the message on the stack top.  [-1, +3] */
static int fail(lua_State *L)
{
    lua_pushnil(L);
    lua_pushnil(L);
    lua_rotate(L, -3, 2);
    return 3;
}

/* ---- with a template ---- */

/* Logs what is wrong with a template. */
static int bad_template(lua_State *L, lco_rx_tpl what,
                        const lco_rx_piece *piece, const char *tpl)
{
    switch (what) {
    case LCO_RX_TPL_UNCLOSED:
        lua_pushlstring(L, piece->s, piece->len);
        lua_pushfstring(L, "the closing bracket in \"%s\" variable is missing",
                        lua_tostring(L, -1));
        break;
    case LCO_RX_TPL_NAMED:
        lua_pushlstring(L, piece->s, piece->len);
        lua_pushfstring(L,
                        "attempt to use named capturing variable \"%s\" "
                        "(named captures not supported yet)",
                        lua_tostring(L, -1));
        break;
    case LCO_RX_TPL_INVALID:
    case LCO_RX_TPL_END:
    case LCO_RX_TPL_TEXT:
    case LCO_RX_TPL_GROUP:
        lua_pushfstring(L,
                        "lua script: invalid capturing variable name "
                        "found in \"%s\"",
                        tpl);
        break;
    }
    lco_re_log(L, APLOG_ERR, lua_tostring(L, -1));
    lua_pushliteral(L, "failed to compile the replacement template");
    return fail(L);
}

/* Adds the template with what the match set.  No Lua values in between. */
static void add_template(luaL_Buffer *b, const char *tpl, size_t len,
                         const char *s, int rc, const size_t *ov)
{
    const char *end = tpl + len;
    lco_rx_piece piece;
    lco_rx_tpl what;

    while ((what = lco_rx_tpl_next(&tpl, end, &piece)) != LCO_RX_TPL_END) {
        if (what == LCO_RX_TPL_TEXT) {
            luaL_addlstring(b, piece.s, piece.len);
        }
        else if (piece.group < (size_t) rc &&
                 ov[2 * piece.group] != LCO_RX_UNSET) {
            luaL_addlstring(b, s + ov[2 * piece.group],
                            ov[2 * piece.group + 1] - ov[2 * piece.group]);
        }
    }
}

/* The arguments are subject, pattern, template, options; 5: the pattern. */
static int sub_template(lua_State *L, lco_re_vm *vm, lco_re *re, int global)
{
    size_t len, tpl_len, pos = 0, copied = 0, start;
    const char *s, *tpl;
    size_t few[2 * LCO_RE_FEW], *ov;
    lua_Integer count = 0;
    lco_rx_piece piece;
    lco_rx_tpl what;
    luaL_Buffer b;
    int plain, rc;

    tpl = lco_re_subject(L, 3, &tpl_len);
    what = lco_rx_tpl_check(tpl, tpl_len, &piece, &plain);
    if (what != LCO_RX_TPL_END) {
        lco_re_drop(re);
        return bad_template(L, what, &piece, tpl);
    }
    s = lco_re_subject(L, 1, &len);
    ov = lco_re_room(L, re, few);
    luaL_buffinit(L, &b);
    do {
        rc = lco_re_match(vm, re, s, len, pos, pos > 0, ov);
        if (rc < 0) {
            break;
        }
        count++;
        start = ov[0] > copied ? ov[0] : copied;
        luaL_addlstring(&b, s + copied, start - copied);
        if (plain) {
            luaL_addlstring(&b, tpl, tpl_len);
        }
        else {
            add_template(&b, tpl, tpl_len, s, rc, ov);
        }
        copied = ov[1];
        pos = lco_rx_next(&re->rx, s, len, ov[0], ov[1]);
    } while (global && pos <= len);
    lco_re_drop(re);

    if (rc < 0 && rc != LCO_RX_NOMATCH) {
        return lco_re_push_error(L, rc, 2);
    }
    if (count == 0) {
        lua_pushvalue(L, 1);
    }
    else {
        luaL_addlstring(&b, s + copied, len - copied);
        luaL_pushresult(&b);
    }
    lua_pushinteger(L, count);
    return 2;
}

/* ---- with a function ---- */

/* The stack of such a call. */
enum {
    SUBJECT = 1,
    FUNC = 3,
    PATTERN = 5,
    STATE, /* the userdata */
    TOP = STATE
};

typedef struct lco_gsub {
    char *buf; /* Lua's memory */
    size_t len, size;
    size_t pos;    /* where the next match begins */
    size_t copied; /* how much of the subject is in buf, or replaced */
    lua_Integer count;
    int global;
} lco_gsub;

/* Gives BUF SIZE bytes; 0: none. */
static int resize(lua_State *L, lco_gsub *g, size_t size)
{
    void *ud;
    lua_Alloc alloc = lua_getallocf(L, &ud);
    char *p = alloc(ud, g->buf, g->buf ? g->size : 0, size);

    if (!p && size) {
        return -1;
    }
    g->buf = p;
    g->size = size;
    return 0;
}

static int free_gsub(lua_State *L)
{
    lco_gsub *g = lua_touserdata(L, 1);

    (void) resize(L, g, 0);
    return 0;
}

const luaL_Reg lco_re_sub_meta[] = {
    {"__gc", free_gsub},
    {NULL, NULL},
};

static void add(lua_State *L, lco_gsub *g, const char *s, size_t len)
{
    size_t size = g->size;

    if (len > size - g->len) {
        size = size < 64 ? 128 : size * 2;
        if (size < g->len + len) {
            size = g->len + len;
        }
        if (resize(L, g, size)) {
            lua_gc(L, LUA_GCCOLLECT, 0);
            if (resize(L, g, g->len + len)) {
                luaL_error(L, "not enough memory");
            }
        }
    }
    if (len) {
        memcpy(g->buf + g->len, s, len);
        g->len += len;
    }
}

/* What the function has returned is above TOP. */
static void take_piece(lua_State *L, lco_gsub *g)
{
    const char *piece;
    size_t len;

    if (lua_gettop(L) == TOP) {
        luaL_error(L, "bad argument #1 to 'tostring' (value expected)");
    }
    lua_settop(L, TOP + 1);
    piece = lco_api_tolstring(L, TOP + 1, &len);
    add(L, g, piece, len);
    lua_settop(L, TOP);
}

static int go_on(lua_State *L, int status, lua_KContext ctx);

/* Matches and calls until there is nothing more to match. */
static int replace_all(lua_State *L, lco_gsub *g)
{
    lco_re_vm *vm = lco_re_vm_of(L);
    lco_re *re = lua_touserdata(L, PATTERN);
    size_t len, start;
    const char *s = lua_tolstring(L, SUBJECT, &len);
    size_t few[2 * LCO_RE_FEW], *ov;
    int rc;

    while (g->pos <= len && (g->global || g->count == 0)) {
        lua_pushvalue(L, FUNC);
        ov = lco_re_room(L, re, few);
        rc = lco_re_match(vm, re, s, len, g->pos, g->pos > 0, ov);
        if (rc == LCO_RX_NOMATCH) {
            break;
        }
        if (rc < 0) {
            lco_re_drop(re);
            (void) resize(L, g, 0);
            return lco_re_push_error(L, rc, 2);
        }
        lco_re_push_captures(L, re, s, rc, ov, 0);
        start = ov[0] > g->copied ? ov[0] : g->copied;
        add(L, g, s + g->copied, start - g->copied);
        g->count++;
        g->copied = ov[1];
        g->pos = lco_rx_next(&re->rx, s, len, ov[0], ov[1]);
        if (ov != few) {
            lua_remove(L, -2);
        }
        lua_callk(L, 1, LUA_MULTRET, 0, go_on);
        take_piece(L, g);
    }
    lco_re_drop(re);

    if (g->count == 0) {
        lua_pushvalue(L, SUBJECT);
    }
    else {
        add(L, g, s + g->copied, len - g->copied);
        lua_pushlstring(L, g->buf ? g->buf : "", g->len);
        (void) resize(L, g, 0);
    }
    lua_pushinteger(L, g->count);
    return 2;
}

/* The function has waited and returned. */
static int go_on(lua_State *L, int status, lua_KContext ctx)
{
    lco_gsub *g = lua_touserdata(L, STATE);

    (void) status;
    (void) ctx;
    take_piece(L, g);
    return replace_all(L, g);
}

static int sub_function(lua_State *L, int global)
{
    lco_gsub *g;
    size_t len;

    lco_re_subject(L, SUBJECT, &len);
    g = lx_newuserdata(L, sizeof(*g));
    memset(g, 0, sizeof(*g));
    g->global = global;
    lua_pushvalue(L, lua_upvalueindex(LCO_RE_UPVALUES));
    lua_setmetatable(L, -2);
    return replace_all(L, g);
}

static int substitute(lua_State *L, int global)
{
    lco_re_vm *vm = lco_re_vm_of(L);
    lco_re *re;

    lua_settop(L, 4);
    re = lco_re_take(L, vm, 2, 4);
    if (!re) {
        return fail(L);
    }
    return lua_isfunction(L, FUNC) ? sub_function(L, global)
                                   : sub_template(L, vm, re, global);
}

/* ngx.re.sub(subject, regex, replace [, options]) */
static int re_sub(lua_State *L)
{
    return substitute(L, 0);
}

/* ngx.re.gsub(subject, regex, replace [, options]) */
static int re_gsub(lua_State *L)
{
    return substitute(L, 1);
}

const luaL_Reg lco_re_sub_funcs[] = {
    {"sub", re_sub},
    {"gsub", re_gsub},
    {NULL, NULL},
};

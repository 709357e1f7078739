/* tcpsock:receive, receiveany, receiveuntil.
 *
 * Thread: inside the VM; see sock.h.
 */
#include "api/sock.h"

#include <errno.h>
#include <string.h>

static const char until_key; /* registry: the metatable of an lco_until */

/* The error is the client's leaving? */
static int has_left(const lco_sock *s)
{
    return s->down && s->tcp.err == ECONNABORTED;
}

/* What a reading returns: the data, or nil, the error, the partial data. */
static int push_read(lua_State *L, lco_req *req, lco_sock *s, lco_io result)
{
    const char *data;
    size_t len;
    int n = 0;

    if (result == LCO_IO_TIMEOUT) {
        lco_sock_log(req, s, "lua tcp socket read timed out", 0);
    }
    else if (result == LCO_IO_ERRNO && !has_left(s)) {
        lco_sock_log(req, s, "recv() failed", s->tcp.err);
    }
    if (result == LCO_IO_ERRNO && has_left(s)) {
        n = lco_api_fail(L, "client aborted");
    }
    else if (result != LCO_IO_OK) {
        n = lco_sock_pusherror(L, s, result);
    }
    data = lco_tcp_result(&s->tcp, &len);
    lua_pushlstring(L, data, len);
    lco_tcp_eat(&s->tcp);
    return n + 1;
}

static int deliver(lua_State *L, lco_wait *w)
{
    lco_sock *s = w->data;

    s->rwait = NULL;
    return push_read(L, w->req, s, s->rresult);
}

static void done(lco_tcp *tcp, lco_io result)
{
    lco_sock *s = tcp->owner;

    s->rresult = result;
    if (s->rwait) {
        lco_wait_done(s->rwait, deliver);
    }
}

/* What was read is for nobody. */
static void drop(lco_wait *w)
{
    lco_sock *s = w->data;

    s->rwait = NULL;
    lco_tcp_eat(&s->tcp);
    lco_tcp_close(&s->tcp);
}

/* The socket at IDX if it can be read from; else NULL, with 2 results
 * pushed.  LOGS: a closed one is worth a line. */
static lco_sock *readable(lua_State *L, int idx, lco_req *req, int logs)
{
    lco_sock *s = lco_sock_find(L, idx);

    if (!s || !s->tcp.link || s->tcp.read_closed) {
        if (logs) {
            lco_sock_log(req, s, "attempt to receive data on a closed socket",
                         0);
        }
        lco_api_fail(L, "closed");
        return NULL;
    }
    lco_sock_checkreq(L, s, req);
    return lco_sock_busy(L, s, LCO_BUSY_CONNECTING | LCO_BUSY_READING) ? NULL
                                                                       : s;
}

/* Reads from S, whose table is at IDX. */
static int start(lua_State *L, int idx, lco_req *req, lco_sock *s,
                 lco_read_kind kind, size_t n, lco_until *u)
{
    lco_io rc;

    /* What is waited in stays on the stack. */
    lua_rawgeti(L, idx, 1);
    rc = lco_tcp_read(&s->tcp, kind, n, u, done);
    if (rc != LCO_IO_WAIT) {
        return push_read(L, req, s, rc);
    }
    if (!lua_isyieldable(L)) {
        lco_tcp_cancel_read(&s->tcp);
    }
    s->rwait = lco_wait_new(req, lco_sock_checkco(L, req), lco_sock_stop);
    if (!s->rwait) {
        lco_tcp_cancel_read(&s->tcp);
        return luaL_error(L, "no memory");
    }
    s->rwait->data = s;
    s->rwait->drop = drop;
    return lco_run_yield(L);
}

/* A positive number of bytes as size_t. */
static size_t to_size(lua_Number n)
{
    return n < 9007199254740992.0 ? (size_t) n : (size_t) 1 << 53;
}

static int bad_pattern(lua_State *L, const char *pattern)
{
    return luaL_argerror(
        L, 2, lua_pushfstring(L, "bad pattern argument: %s", pattern));
}

/* tcpsock:receive(), receive(size), receive(pattern) */
static int sock_receive(lua_State *L)
{
    int nargs = lua_gettop(L);
    lco_read_kind kind = LCO_READ_LINE;
    lua_Number bytes = 0;
    const char *pattern;
    lco_req *req;
    lco_sock *s;
    size_t len;

    if (nargs != 1 && nargs != 2) {
        return luaL_error(
            L, "expecting 1 or 2 arguments (including the object), but got %d",
            nargs);
    }
    req = lco_req_check(L);
    lco_sock_checkself(L);
    s = readable(L, 1, req, 1);
    if (!s) {
        return 2;
    }
    if (nargs == 2 && lua_isnumber(L, 2)) {
        bytes = lua_tonumber(L, 2);
        if (!(bytes > -1)) {
            return luaL_argerror(L, 2, "bad number argument");
        }
        if (bytes < 1) {
            lua_pushliteral(L, "");
            return 1;
        }
        kind = LCO_READ_SIZE;
    }
    else if (nargs == 2 && lua_type(L, 2) == LUA_TSTRING) {
        pattern = lua_tolstring(L, 2, &len);
        if (len != 2 || *pattern != '*') {
            return bad_pattern(L, pattern);
        }
        if (pattern[1] != 'l' && pattern[1] != 'a') {
            return luaL_argerror(L, 2, "bad pattern argument");
        }
        kind = pattern[1] == 'l' ? LCO_READ_LINE : LCO_READ_ALL;
    }
    else if (nargs == 2) {
        return luaL_argerror(L, 2, "bad argument");
    }
    return start(L, 1, req, s, kind, to_size(bytes), NULL);
}

/* tcpsock:receiveany(max) */
static int sock_receiveany(lua_State *L)
{
    int nargs = lua_gettop(L);
    lua_Number bytes;
    lco_req *req;
    lco_sock *s;

    if (nargs != 2) {
        return luaL_error(
            L, "expecting 2 arguments (including the object), but got %d",
            nargs);
    }
    req = lco_req_check(L);
    lco_sock_checkself(L);
    s = readable(L, 1, req, 1);
    if (!s) {
        return 2;
    }
    if (!lua_isnumber(L, 2)) {
        return luaL_argerror(L, 2, "bad max argument");
    }
    bytes = lua_tonumber(L, 2);
    if (!(bytes >= 1)) {
        return luaL_argerror(L, 2, "bad max argument");
    }
    return start(L, 1, req, s, LCO_READ_ANY, to_size(bytes), NULL);
}

/* ---- receiveuntil ---- */

/* An iterator's pattern, with the socket it searches in: its upvalue 1 holds
 * the socket's table, so the two are collected together, in any order. */
static int until_gc(lua_State *L)
{
    lco_until_close(lua_touserdata(L, 1));
    return 0;
}

enum {
    UP_SOCKET = 1, /* the socket's table */
    UP_UNTIL = 2
};

/* The iterator: iter(), iter(size) */
static int iterate(lua_State *L)
{
    int nargs = lua_gettop(L);
    lua_Number bytes = 0;
    lco_until *u = lua_touserdata(L, lua_upvalueindex(UP_UNTIL));
    lco_req *req;
    lco_sock *s;

    if (nargs > 1) {
        return luaL_error(L, "expecting 0 or 1 argument, but seen %d", nargs);
    }
    if (nargs == 1) {
        bytes = lco_api_checknumber(L, 1);
        if (!(bytes >= 1)) {
            bytes = 0;
        }
    }
    req = lco_req_check(L);
    s = readable(L, lua_upvalueindex(UP_SOCKET), req, 0);
    if (!s) {
        return 2;
    }
    if (u->ended) {
        u->ended = 0;
        lua_settop(L, 0);
        lua_pushnil(L);
        lua_pushnil(L);
        lua_pushnil(L);
        return 3;
    }
    return start(L, lua_upvalueindex(UP_SOCKET), req, s, LCO_READ_UNTIL,
                 to_size(bytes), u);
}

/* tcpsock:receiveuntil(pattern, {inclusive = true}?) */
static int sock_receiveuntil(lua_State *L)
{
    int nargs = lua_gettop(L), inclusive = 0;
    const char *pattern;
    lco_until *u;
    size_t len;

    if (nargs != 2 && nargs != 3) {
        return luaL_error(
            L, "expecting 2 or 3 arguments (including the object), but got %d",
            nargs);
    }
    if (nargs == 3) {
        if (lua_type(L, 3) != LUA_TTABLE) {
            return lco_api_typeerror(L, 3, "table");
        }
        lua_getfield(L, 3, "inclusive");
        if (!lua_isnil(L, -1) && !lua_isboolean(L, -1)) {
            return luaL_error(L, "bad \"inclusive\" option value type: %s",
                              luaL_typename(L, -1));
        }
        inclusive = lua_toboolean(L, -1);
        lua_settop(L, 2);
    }
    (void) lco_req_check(L);
    lco_sock_checkself(L);
    pattern = luaL_checklstring(L, 2, &len);
    if (len == 0) {
        return lco_api_fail(L, "pattern is empty");
    }
    lua_pushvalue(L, 1);
    u = lx_newuserdata(L, sizeof(*u));
    memset(u, 0, sizeof(*u));
    lua_rawgetp(L, LUA_REGISTRYINDEX, &until_key);
    lua_setmetatable(L, -2);
    if (lco_until_open(u, pattern, len, inclusive) != 0) {
        return lco_api_fail(L, "failed to compile pattern");
    }
    lua_pushcclosure(L, iterate, 2);
    return 1;
}

static const luaL_Reg read_funcs[] = {
    {"receive", sock_receive},
    {"receiveany", sock_receiveany},
    {"receiveuntil", sock_receiveuntil},
    {NULL, NULL},
};

void lco_sock_open_read(lua_State *L)
{
    luaL_setfuncs(L, read_funcs, 0);
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, until_gc);
    lua_setfield(L, -2, "__gc");
    lua_rawsetp(L, LUA_REGISTRYINDEX, &until_key);
}

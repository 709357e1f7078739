/* tcpsock:send, and the text that sockets send.
 *
 * A string goes to the socket from where it lies; what a table's pieces come
 * to is put together first, in two passes: the first may raise, the second
 * has memory to give back.
 *
 * Thread: inside the VM; see sock.h.
 */
#include "api/sock.h"

#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* A table that contains itself ends here. */
#define NEST_MAX 1000

/* A client may take too long for a thread that waits for it. */
static lco_io result_of(const lco_sock *s, lco_io rc)
{
    return rc == LCO_IO_ERRNO && s->down && s->tcp.err == ETIMEDOUT
               ? LCO_IO_TIMEOUT
               : rc;
}

static int deliver(lua_State *L, lco_wait *w)
{
    lco_sock *s = w->data;

    s->wwait = NULL;
    s->wresult = result_of(s, s->wresult);
    if (s->wresult == LCO_IO_OK) {
        lua_pushinteger(L, (lua_Integer) s->sent);
        return 1;
    }
    if (s->wresult == LCO_IO_TIMEOUT) {
        lco_sock_log(w->req, s, "lua tcp socket write timed out", 0);
    }
    else if (s->wresult == LCO_IO_ERRNO) {
        lco_sock_log(w->req, s, "send() failed", s->tcp.err);
    }
    return lco_sock_pusherror(L, s, s->wresult);
}

/* ---- what is sent ---- */

/* The largest index of the array at IDX. */
static lua_Integer array_length(lua_State *L, int idx)
{
    lua_Number max = 0, key;

    lua_pushnil(L);
    while (lua_next(L, idx)) {
        lua_pop(L, 1);
        key = lua_type(L, -1) == LUA_TNUMBER ? lua_tonumber(L, -1) : 0;
        if (!(key >= 1 && floor(key) == key)) {
            luaL_argerror(L, 2, "non-array table found");
        }
        if (key > max) {
            max = key;
        }
    }
    return (lua_Integer) max;
}

/* The bytes that the table at IDX comes to.  Raises if it has anything but
 * strings, numbers and such tables. */
static size_t measure(lua_State *L, int idx, int depth)
{
    char buf[LX_NUMSIZE];
    lua_Integer i, n;
    size_t size = 0;

    if (depth > NEST_MAX) {
        luaL_argerror(L, 2, "table nested too deeply");
    }
    luaL_checkstack(L, 4, "nested tables");
    n = array_length(L, idx);
    for (i = 1; i <= n; i++) {
        switch (lua_rawgeti(L, idx, i)) {
        case LUA_TSTRING:
            size += lua_rawlen(L, -1);
            break;
        case LUA_TNUMBER:
            size += lx_num2str(L, -1, buf);
            break;
        case LUA_TTABLE:
            size += measure(L, lua_gettop(L), depth + 1);
            break;
        default:
            luaL_argerror(L, 2,
                          lua_pushfstring(L, "bad data type %s found",
                                          luaL_typename(L, -1)));
        }
        lua_pop(L, 1);
    }
    return size;
}

/* Writes what measure() has counted; raises nothing. */
static char *fill(lua_State *L, int idx, char *to)
{
    char buf[LX_NUMSIZE];
    lua_Integer i, n = array_length(L, idx);
    const char *data;
    size_t len;

    for (i = 1; i <= n; i++) {
        switch (lua_rawgeti(L, idx, i)) {
        case LUA_TSTRING:
            data = lua_tolstring(L, -1, &len);
            memcpy(to, data, len);
            to += len;
            break;
        case LUA_TNUMBER:
            len = lx_num2str(L, -1, buf);
            memcpy(to, buf, len);
            to += len;
            break;
        default:
            to = fill(L, lua_gettop(L), to);
            break;
        }
        lua_pop(L, 1);
    }
    return to;
}

static void from_table(lua_State *L, int arg, lco_sock_text *t)
{
    t->len = measure(L, arg, 1);
    t->data = t->small;
    if (t->len > sizeof(t->small)) {
        t->data = t->heap = malloc(t->len);
        if (!t->heap) {
            luaL_error(L, "no memory");
            return; /* for those who do not know that it raises */
        }
    }
    (void) fill(L, arg, (char *) (uintptr_t) t->data);
}

void lco_sock_text_open(lua_State *L, int arg, lco_sock_text *t)
{
    t->heap = NULL;
    t->data = "";
    t->len = 0;
    switch (lua_type(L, arg)) {
    case LUA_TSTRING:
        t->data = lua_tolstring(L, arg, &t->len);
        break;
    case LUA_TNUMBER:
        t->len = lx_num2str(L, arg, t->small);
        t->data = t->small;
        break;
    case LUA_TNIL:
        t->data = "nil";
        t->len = 3;
        break;
    case LUA_TBOOLEAN:
        t->data = lua_toboolean(L, arg) ? "true" : "false";
        t->len = strlen(t->data);
        break;
    case LUA_TTABLE:
        from_table(L, arg, t);
        break;
    default:
        luaL_argerror(L, arg,
                      lua_pushfstring(L,
                                      "string, number, boolean, nil, or array "
                                      "table expected, got %s",
                                      luaL_typename(L, arg)));
    }
}

void lco_sock_text_close(lco_sock_text *t)
{
    free(t->heap);
}

static lco_io send_value(lua_State *L, lco_sock *s)
{
    lco_sock_text t;
    lco_io rc = LCO_IO_OK;

    lco_sock_text_open(L, 2, &t);
    s->sent = t.len;
    if (t.len) {
        rc = lco_tcp_send(&s->tcp, t.data, t.len, lco_sock_wdone);
    }
    lco_sock_text_close(&t);
    return rc;
}

/* tcpsock:send(data) */
static int sock_send(lua_State *L)
{
    int nargs = lua_gettop(L), busy;
    lco_req *req;
    lco_sock *s;
    lco_io rc;

    if (nargs != 2) {
        return luaL_error(
            L, "expecting 2 arguments (including the object), but got %d",
            nargs);
    }
    req = lco_req_check(L);
    lco_sock_checkself(L);
    s = lco_sock_find(L, 1);
    if (!s || !s->tcp.link || s->tcp.write_closed) {
        lco_sock_log(req, s, "attempt to send data on a closed socket", 0);
        return lco_api_fail(L, "closed");
    }
    lco_sock_checkreq(L, s, req);
    busy = lco_sock_busy(L, s, LCO_BUSY_CONNECTING | LCO_BUSY_WRITING);
    if (busy) {
        return busy;
    }
    if (s->read_only) {
        return luaL_error(L, "attempt to write to request sockets");
    }
    /* What is waited in stays on the stack. */
    lua_rawgeti(L, 1, 1);
    rc = result_of(s, send_value(L, s));
    if (rc == LCO_IO_OK) {
        lua_pushinteger(L, (lua_Integer) s->sent);
        return 1;
    }
    if (rc != LCO_IO_WAIT) {
        if (rc == LCO_IO_ERRNO) {
            lco_sock_log(req, s, "send() failed", s->tcp.err);
        }
        return lco_sock_pusherror(L, s, rc);
    }
    lco_sock_wait_write(L, req, s, deliver);
    return lco_run_yield(L);
}

static const luaL_Reg write_funcs[] = {
    {"send", sock_send},
    {NULL, NULL},
};

void lco_sock_open_write(lua_State *L)
{
    luaL_setfuncs(L, write_funcs, 0);
}

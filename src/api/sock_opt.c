/* tcpsock:bind, getfd, getoption, setoption.
 *
 * Thread: inside the VM; see sock.h.
 */
#include "api/sock.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>

typedef struct option {
    const char *name;
    int level, number;
} option;

static const option sock_options[] = {
    {"keepalive", SOL_SOCKET, SO_KEEPALIVE},
    {"reuseaddr", SOL_SOCKET, SO_REUSEADDR},
    {"tcp-nodelay", IPPROTO_TCP, TCP_NODELAY},
    {"sndbuf", SOL_SOCKET, SO_SNDBUF},
    {"rcvbuf", SOL_SOCKET, SO_RCVBUF},
    {"keepintvl", IPPROTO_TCP, TCP_KEEPINTVL},
    {"keepcnt", IPPROTO_TCP, TCP_KEEPCNT},
};

/* tcpsock:bind(address, port?) */
static int sock_bind(lua_State *L)
{
    int nargs = lua_gettop(L), port = 0;
    const char *text;
    lco_addr addr;
    lco_sock *s;
    size_t len;

    if (nargs != 2 && nargs != 3) {
        return luaL_error(L, "expecting 2 or 3 arguments, but got %d", nargs);
    }
    (void) lco_api_req(L, LCO_YIELDABLE, "no request found");
    lco_sock_checkself(L);
    if (nargs == 3) {
        if (!lua_isnumber(L, 3)) {
            lua_pushnil(L);
            lua_pushfstring(L, "expecting port to be a number but got type: %s",
                            luaL_typename(L, 3));
            return 2;
        }
        port = lco_api_toint(L, 3);
        if (port < 0 || port > 65535) {
            lua_pushnil(L);
            lua_pushfstring(L, "bad port number: %d", port);
            return 2;
        }
    }
    text = luaL_checklstring(L, 2, &len);
    if (lco_addr_parse(&addr, text, len) != 0) {
        return lco_api_fail(L, "bad address");
    }
    lco_addr_set_port(&addr, (unsigned short) port);
    s = lco_sock_obtain(L, 1);
    if (!s->tcp.local) {
        s->tcp.local = malloc(sizeof(addr));
        if (!s->tcp.local) {
            return luaL_error(L, "no memory");
        }
    }
    *s->tcp.local = addr;
    lua_pushboolean(L, 1);
    return 1;
}

/* tcpsock:getfd() */
static int sock_getfd(lua_State *L)
{
    const lco_sock *s;

    lco_sock_checkself(L);
    s = lco_sock_get(L, 1);
    if (!s || !s->used) {
        return luaL_error(L, "socket is never created nor connected");
    }
    if (!s->tcp.link) {
        return lco_api_fail(L, "closed");
    }
    lua_pushinteger(L, s->tcp.link->fd);
    return 1;
}

static const option *find_option(const char *name)
{
    size_t i;

    for (i = 0; i < sizeof(sock_options) / sizeof(sock_options[0]); i++) {
        if (strcmp(sock_options[i].name, name) == 0) {
            return &sock_options[i];
        }
    }
    return NULL;
}

/* nil and the message for an option that there is not. */
static int unsupported(lua_State *L)
{
    size_t len;
    const char *name = lco_api_tolstring(L, 2, &len);

    lua_pushnil(L);
    lua_pushfstring(L, "unsupported option %s", name);
    return 2;
}

/* The socket, connected at some time.  Raises. */
static const lco_sock *check_used(lua_State *L)
{
    const lco_sock *s;

    lco_sock_checkself(L);
    s = lco_sock_get(L, 1);
    if (!s || !s->used) {
        luaL_error(L, "socket is never created nor connected");
    }
    return s;
}

static int fail_errno(lua_State *L)
{
    char buf[128];
    int err = errno;

    return lco_api_fail(L, strerror_r(err, buf, sizeof(buf)));
}

/* tcpsock:getoption(name) */
static int sock_getoption(lua_State *L)
{
    const lco_sock *s = check_used(L);
    const option *o;
    int value = 0;
    socklen_t len = sizeof(value);

    lua_settop(L, 2);
    if (lua_isnil(L, 2)) {
        return lco_api_fail(L, "missing the \"option\" argument");
    }
    o = lua_type(L, 2) == LUA_TSTRING ? find_option(lua_tostring(L, 2)) : NULL;
    if (!o) {
        return unsupported(L);
    }
    if (!s->tcp.link) {
        return lco_api_fail(L, "closed");
    }
    if (getsockopt(s->tcp.link->fd, o->level, o->number, &value, &len) != 0) {
        return fail_errno(L);
    }
    lua_pushinteger(L, value);
    return 1;
}

/* tcpsock:setoption(name, value) */
static int sock_setoption(lua_State *L)
{
    const lco_sock *s = check_used(L);
    const option *o;
    int value;

    lua_settop(L, 3);
    if (lua_isnil(L, 2)) {
        return lco_api_fail(L, "missing the \"option\" argument");
    }
    if (lua_isnil(L, 3)) {
        return lco_api_fail(L, "missing the \"value\" argument");
    }
    o = lua_type(L, 2) == LUA_TSTRING ? find_option(lua_tostring(L, 2)) : NULL;
    if (!o) {
        return unsupported(L);
    }
    switch (lua_type(L, 3)) {
    case LUA_TBOOLEAN:
        value = lua_toboolean(L, 3);
        break;
    case LUA_TNUMBER:
        value = lco_api_toint(L, 3);
        break;
    default:
        return luaL_argerror(
            L, 3,
            lua_pushfstring(L, "number or boolean expected, got %s",
                            luaL_typename(L, 3)));
    }
    if (!s->tcp.link) {
        return lco_api_fail(L, "closed");
    }
    if (setsockopt(s->tcp.link->fd, o->level, o->number, &value,
                   sizeof(value)) != 0) {
        return fail_errno(L);
    }
    /* What the script says about it stays. */
    if (o->level == IPPROTO_TCP && o->number == TCP_NODELAY) {
        s->tcp.link->nodelay = 1;
    }
    lua_pushboolean(L, 1);
    return 1;
}

static const luaL_Reg opt_funcs[] = {
    {"bind", sock_bind},
    {"getfd", sock_getfd},
    {"getoption", sock_getoption},
    {"setoption", sock_setoption},
    {NULL, NULL},
};

void lco_sock_open_opt(lua_State *L)
{
    luaL_setfuncs(L, opt_funcs, 0);
}

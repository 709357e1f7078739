/* ngx.socket: the socket object, and what its methods share.
 *
 * The hard thing is whose memory is when: the lco_sock is Lua's, and while a
 * coroutine waits in it that coroutine's stack holds it; the request's end
 * (its tie) and Lua's collector may each come first.
 *
 * Thread: inside the VM; see sock.h.
 */
#include "api/sock.h"

#include "api/api.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <http_log.h>

APLOG_USE_MODULE(luaco);

/* What a VM has of it; lco_vm's sock_io. */
typedef struct vm_io {
    lco_pools *pools;
    struct named_resolver *resolvers; /* one for each list of servers in use */
    int meta, udata; /* registry references: metatables of the socket object and
                        of its userdata */
} vm_io;

static const char sock_kind;

static vm_io *io_of(lua_State *L)
{
    return lco_vm_of(L)->sock_io;
}

lco_sock *lco_sock_find(lua_State *L, int idx)
{
    lco_sock *s = NULL;

    if (lua_type(L, idx) != LUA_TTABLE) {
        return NULL;
    }
    /* A script may have put anything there.  No other userdata of this size has
     * that address in it: quicker than to compare metatables. */
    if (lua_rawgeti(L, idx, 1) == LUA_TUSERDATA &&
        lua_rawlen(L, -1) == sizeof(*s)) {
        s = lua_touserdata(L, -1);
        if (s->kind != &sock_kind) {
            s = NULL;
        }
    }
    lua_pop(L, 1);
    return s;
}

lco_sock *lco_sock_get(lua_State *L, int idx)
{
    lco_sock *s = lco_sock_find(L, idx);

    return s && !s->down ? s : NULL;
}

lco_sock *lco_sock_new(lua_State *L)
{
    lco_sock *s = lx_newuserdata(L, sizeof(*s));

    memset(s, 0, sizeof(*s));
    lco_tcp_init(&s->tcp, lco_vm_of(L)->loop);
    s->tcp.owner = s;
    s->kind = &sock_kind;
    lua_rawgeti(L, LUA_REGISTRYINDEX, io_of(L)->udata);
    lua_setmetatable(L, -2);
    return s;
}

lco_sock *lco_sock_obtain(lua_State *L, int idx)
{
    lco_sock *s = lco_sock_get(L, idx);

    idx = lua_absindex(L, idx);
    if (s) {
        lua_rawgeti(L, idx, 1);
        return s;
    }
    s = lco_sock_new(L);
    lua_pushvalue(L, -1);
    lua_rawseti(L, idx, 1);
    return s;
}

void lco_sock_checkself(lua_State *L)
{
    if (lua_type(L, 1) != LUA_TTABLE) {
        lco_api_typeerror(L, 1, "table");
    }
}

void lco_sock_checkreq(lua_State *L, const lco_sock *s, const lco_req *req)
{
    if (s->ended || (s->tie.req && !lco_req_is_same(s->tie.req, req))) {
        luaL_error(L, "bad request");
    }
}

lco_co *lco_sock_checkco(lua_State *L, lco_req *req)
{
    return lco_co_check(L, &req->run);
}

/* Pushes where the coroutine of W waits: "FILE:LINE", or "?". */
static void push_place(lua_State *L, const lco_wait *w)
{
    lua_State *co = lco_co_state(w->co);
    lua_Debug ar;
    int level;

    for (level = 0; lua_getstack(co, level, &ar); level++) {
        if (lua_getinfo(co, "Sl", &ar) && ar.currentline > 0) {
            lua_pushfstring(L, "%s:%d", ar.short_src, ar.currentline);
            return;
        }
    }
    lua_pushliteral(L, "?");
}

int lco_sock_pushbusy(lua_State *L, const char *what, const lco_wait *w)
{
    lua_pushnil(L);
    push_place(L, w);
    lua_pushfstring(L, "socket busy%s%s (in %s)", *what ? " " : "", what,
                    lua_tostring(L, -1));
    lua_remove(L, -2);
    return 2;
}

int lco_sock_busy(lua_State *L, const lco_sock *s, unsigned what)
{
    if ((what & LCO_BUSY_CONNECTING) && s->wwait && s->conning) {
        return lco_sock_pushbusy(L, "connecting", s->wwait);
    }
    if ((what & LCO_BUSY_READING) && s->rwait) {
        return lco_sock_pushbusy(L, "reading", s->rwait);
    }
    if ((what & LCO_BUSY_WRITING) && s->wwait) {
        return lco_sock_pushbusy(L, "writing", s->wwait);
    }
    return 0;
}

void lco_sock_pusherrno(lua_State *L, int err)
{
    char text[128], buf[128];
    const char *msg = strerror_r(err, buf, sizeof(buf));
    size_t i;

    for (i = 0; i < sizeof(text) - 1 && msg[i]; i++) {
        text[i] = (char) tolower((unsigned char) msg[i]);
    }
    lua_pushlstring(L, text, i);
}

int lco_io_pusherror(lua_State *L, lco_io result, int err, const char *name)
{
    lua_pushnil(L);
    switch (result) {
    case LCO_IO_TIMEOUT:
        lua_pushliteral(L, "timeout");
        break;
    case LCO_IO_CLOSED:
        lua_pushliteral(L, "closed");
        break;
    case LCO_IO_NOMEM:
        lua_pushliteral(L, "no memory");
        break;
    case LCO_IO_FULL:
        lua_pushliteral(L, "too many waiting connect operations");
        break;
    case LCO_IO_ERRNO:
        lco_sock_pusherrno(L, err);
        break;
    case LCO_IO_RESOLVE:
        lua_pushfstring(L, "%s could not be resolved (%d: %s)", name, err,
                        lco_dns_text(err));
        break;
    case LCO_IO_TLS:
    case LCO_IO_OK:
    case LCO_IO_WAIT:
        lua_pushliteral(L, "error");
        break;
    }
    return 2;
}

int lco_sock_pusherror(lua_State *L, const lco_sock *s, lco_io result)
{
    if (result != LCO_IO_TLS) {
        return lco_io_pusherror(L, result, s->tcp.err,
                                s->tcp.dial ? s->tcp.dial->target.name : "");
    }
    lua_pushnil(L);
    if (s->tcp.tls_code) {
        lua_pushfstring(L, "%d: %s", (int) s->tcp.tls_code, s->tcp.tls_err);
    }
    else {
        lua_pushstring(L, s->tcp.tls_err);
    }
    return 2;
}

void lco_sock_loghost(lco_req *req, const char *host, const char *what, int err)
{
    char buf[128];

    if (!req->dconf->sock_log_errors) {
        return;
    }
    if (err) {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, req->r,
                      "%s (%d: %s), socket: %s", what, err,
                      strerror_r(err, buf, sizeof(buf)), host);
    }
    else {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, req->r, "%s, socket: %s", what,
                      host);
    }
}

void lco_sock_log(lco_req *req, const lco_sock *s, const char *what, int err)
{
    char host[sizeof(s->host) + 8];

    if (!s) {
        lco_sock_loghost(req, "none", what, err);
        return;
    }
    if (s->port) {
        (void) snprintf(host, sizeof(host), "%s:%d", s->host, s->port);
    }
    else {
        (void) snprintf(host, sizeof(host), "%s", s->host);
    }
    lco_sock_loghost(req, host, what, err);
}

void lco_sock_stop(lco_wait *w)
{
    lco_sock *s = w->data;

    if (s->rwait == w) {
        s->rwait = NULL;
        lco_tcp_cancel_read(&s->tcp);
    }
    else {
        s->wwait = NULL;
        lco_tcp_cancel_write(&s->tcp);
    }
    lco_tcp_close(&s->tcp);
}

void lco_sock_wdone(lco_tcp *tcp, lco_io result)
{
    lco_sock *s = tcp->owner;

    s->wresult = result;
    if (s->wwait) {
        lco_wait_done(s->wwait, s->wdeliver);
    }
}

/* It is over, but nobody wants the result any more. */
static void drop_write(lco_wait *w)
{
    lco_sock *s = w->data;

    s->wwait = NULL;
    s->conning = 0;
    lco_tcp_close(&s->tcp);
}

void lco_sock_wait_write(lua_State *L, lco_req *req, lco_sock *s,
                         int (*deliver)(lua_State *L, lco_wait *w))
{
    /* A failing check must leave nothing behind, and half of what is sent may
     * be on its way: nothing may follow. */
    if (!lua_isyieldable(L)) {
        lco_tcp_cancel_write(&s->tcp);
        lco_tcp_close(&s->tcp);
    }
    s->wwait = lco_wait_new(req, lco_sock_checkco(L, req), lco_sock_stop);
    if (!s->wwait) {
        lco_tcp_cancel_write(&s->tcp);
        lco_tcp_close(&s->tcp);
        luaL_error(L, "no memory");
        return; /* for those who do not know that it raises */
    }
    s->wwait->data = s;
    s->wwait->drop = drop_write;
    s->wdeliver = deliver;
}

/* ---- what a VM has of it ---- */

typedef struct named_resolver {
    struct named_resolver *next;
    lco_resolver *resolver;
    char servers[];
} named_resolver;

static int vm_io_gc(lua_State *L)
{
    vm_io *io = lua_touserdata(L, 1);
    named_resolver *r;

    if (io->pools) {
        lco_pools_close(io->pools);
        io->pools = NULL;
    }
    while ((r = io->resolvers)) {
        io->resolvers = r->next;
        lco_resolver_close(r->resolver);
        free(r);
    }
    return 0;
}

/* Made late, as the next: the loop is the child's, the state may be the
 * parent's. */
lco_pools *lco_sock_pools(lua_State *L)
{
    vm_io *io = io_of(L);

    if (!io->pools) {
        io->pools = lco_pools_new(lco_vm_of(L)->loop);
    }
    return io->pools;
}

lco_resolver *lco_sock_resolver(lua_State *L, const char *servers)
{
    vm_io *io = io_of(L);
    named_resolver *r = io->resolvers;

    while (r && strcmp(r->servers, servers) != 0) {
        r = r->next;
    }
    if (!r) {
        r = malloc(sizeof(*r) + strlen(servers) + 1);
        if (!r) {
            return NULL;
        }
        memcpy(r->servers, servers, strlen(servers) + 1);
        r->resolver = lco_resolver_new(lco_vm_of(L)->loop,
                                       *servers ? servers : NULL, NULL);
        if (!r->resolver) {
            free(r);
            return NULL;
        }
        r->next = io->resolvers;
        io->resolvers = r;
    }
    return r->resolver;
}

/* ---- life ---- */

static int sock_gc(lua_State *L)
{
    lco_sock *s = lua_touserdata(L, 1);

    lco_req_untie(&s->tie);
    lco_tcp_free(&s->tcp);
    X509_STORE_free(s->store);
    s->store = NULL;
    if (s->key != s->key_small) {
        free(s->key);
    }
    s->key = NULL;
    return 0;
}

/* ngx.socket.tcp(), ngx.socket.stream() */
static int sock_tcp(lua_State *L)
{
    int nargs = lua_gettop(L);

    if (nargs != 0) {
        return luaL_error(L, "expecting zero arguments, but got %d", nargs);
    }
    (void) lco_api_req(L, LCO_YIELDABLE, "no request found");
    lua_createtable(L, 7, 0);
    lua_rawgeti(L, LUA_REGISTRYINDEX, io_of(L)->meta);
    lua_setmetatable(L, -2);
    return 1;
}

static int connected(lua_State *L, int status, lua_KContext ctx)
{
    (void) status;
    (void) ctx;
    /* socket, then what connect() gave */
    if (lua_toboolean(L, 2)) {
        lua_settop(L, 1);
        return 1;
    }
    return lua_gettop(L) - 1;
}

/* ngx.socket.connect(host, ...): a new socket, connected. */
static int sock_connect(lua_State *L)
{
    int nargs = lua_gettop(L);

    lua_pushcfunction(L, sock_tcp);
    lua_call(L, 0, 1);
    lua_insert(L, 1);
    lua_getfield(L, 1, "connect");
    lua_pushvalue(L, 1);
    lua_rotate(L, 2, 2);
    lua_callk(L, nargs + 1, LUA_MULTRET, 0, connected);
    return connected(L, LUA_OK, 0);
}

static const luaL_Reg socket_funcs[] = {
    {"tcp", sock_tcp},
    {"stream", sock_tcp},
    {"connect", sock_connect},
    {NULL, NULL},
};

/* Pushes a metatable whose __gc is FN.  [-0, +1] */
static void push_meta(lua_State *L, lua_CFunction fn)
{
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, fn);
    lua_setfield(L, -2, "__gc");
}

void lco_api_open_sock(lua_State *L)
{
    vm_io *io = lx_newuserdata(L, sizeof(*io));

    /* The first to be made, so the last to be collected when the VM ends. */
    memset(io, 0, sizeof(*io));
    push_meta(L, vm_io_gc);
    lua_setmetatable(L, -2);
    (void) luaL_ref(L, LUA_REGISTRYINDEX);
    lco_vm_of(L)->sock_io = io;
    push_meta(L, sock_gc);
    io->udata = luaL_ref(L, LUA_REGISTRYINDEX);

    lua_createtable(L, 0, 32);
    lco_sock_open_tcp(L);
    lco_sock_open_read(L);
    lco_sock_open_write(L);
    lco_sock_open_opt(L);
    lco_sock_open_pool(L);
    lco_sock_open_ssl(L);
    lua_pushvalue(L, -1);
    lua_setfield(L, -2, "__index");
    /* By this name libraries find the methods, to add some. */
    lua_pushvalue(L, -1);
    lua_setfield(L, LUA_REGISTRYINDEX, "__tcp_cosocket_mt");
    io->meta = luaL_ref(L, LUA_REGISTRYINDEX);

    luaL_newlib(L, socket_funcs);
    lco_sock_open_udp(L);
    lua_setfield(L, -2, "socket");
}

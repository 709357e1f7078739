/* tcpsock:connect, close, settimeout, settimeouts.
 *
 * Arguments are looked at in the order of the reference, whose errors these
 * are.
 *
 * Thread: inside the VM; see sock.h.
 */
#include "api/sock.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static void default_timeouts(lco_sock *s, const lco_dir_conf *conf)
{
    s->conf_connect = lco_conf_sock_time(conf->sock_connect_timeout);
    s->conf_send = lco_conf_sock_time(conf->sock_send_timeout);
    s->conf_read = lco_conf_sock_time(conf->sock_read_timeout);
    s->tcp.buffer_size = (size_t) lco_conf_sock_buffer_size(conf);
}

static void apply_timeouts(lco_sock *s)
{
    s->tcp.connect_timeout = s->set_connect ? s->set_connect : s->conf_connect;
    s->tcp.send_timeout = s->set_send ? s->set_send : s->conf_send;
    s->tcp.read_timeout = s->set_read ? s->set_read : s->conf_read;
}

/* ---- connect ---- */

static void request_ended(lco_tie *t)
{
    lco_sock *s = (lco_sock *) (void *) ((char *) t - offsetof(lco_sock, tie));

    s->ended = 1;
    lco_tcp_close(&s->tcp);
}

static void log_failure(lco_req *req, const lco_sock *s, lco_io result,
                        int queued)
{
    if (result == LCO_IO_TIMEOUT) {
        lco_sock_log(req, s,
                     queued ? "lua tcp socket queued connect timed out"
                            : "lua tcp socket connect timed out",
                     0);
    }
    else if (result == LCO_IO_ERRNO) {
        lco_sock_log(req, s, "connect() failed", s->tcp.err);
    }
}

/* What connect() returns. */
static int push_connected(lua_State *L, lco_sock *s, lco_io result)
{
    if (result == LCO_IO_OK) {
        lua_pushinteger(L, 1);
        return 1;
    }
    return lco_sock_pusherror(L, s, result);
}

static int deliver(lua_State *L, lco_wait *w)
{
    lco_sock *s = w->data;

    s->wwait = NULL;
    s->conning = 0;
    log_failure(w->req, s, s->wresult, s->queued);
    return push_connected(L, s, s->wresult);
}

typedef struct options {
    int pool_size; /* 0: not given */
    int backlog;   /* -1: none */
    int key;       /* stack index of the pool's name, 0: not given */
} options;

/* Reads the option table at index N.  Leaves the pool's name on the stack. */
static void read_options(lua_State *L, int n, const lco_req *req, options *o)
{
    size_t len;

    lua_getfield(L, n, "pool_size");
    if (lua_isnumber(L, -1)) {
        o->pool_size = lco_api_toint(L, -1);
        if (o->pool_size <= 0) {
            luaL_argerror(L, n,
                          lua_pushfstring(L,
                                          "bad \"pool_size\" option value: %d",
                                          o->pool_size));
        }
    }
    else if (!lua_isnil(L, -1)) {
        luaL_argerror(L, n,
                      lua_pushfstring(L, "bad \"pool_size\" option type: %s",
                                      luaL_typename(L, -1)));
    }
    lua_pop(L, 1);

    lua_getfield(L, n, "backlog");
    if (lua_isnumber(L, -1)) {
        o->backlog = lco_api_toint(L, -1);
        if (o->backlog < 0) {
            luaL_argerror(L, n,
                          lua_pushfstring(L, "bad \"backlog\" option value: %d",
                                          o->backlog));
        }
        if (o->pool_size == 0) {
            o->pool_size = lco_conf_sock_pool_size(req->dconf);
        }
    }
    lua_pop(L, 1);

    lua_getfield(L, n, "pool");
    switch (lua_type(L, -1)) {
    case LUA_TNUMBER:
    case LUA_TSTRING:
        lco_api_tolstring(L, -1, &len);
        lua_remove(L, -2);
        o->key = lua_gettop(L);
        break;
    case LUA_TNIL:
        lua_pop(L, 1);
        break;
    default:
        luaL_argerror(L, n,
                      lua_pushfstring(L, "bad \"pool\" option type: %s",
                                      luaL_typename(L, -1)));
    }
}

/* Keeps the pool's name: NAME, or NAME:PORT. */
static void set_key(lua_State *L, lco_sock *s, const char *name,
                    size_t name_len, const char *port, size_t port_len)
{
    size_t len = name_len + (port ? 1 + port_len : 0);
    char *copy = s->key_small;

    if (len >= sizeof(s->key_small)) {
        copy = malloc(len + 1);
        if (!copy) {
            luaL_error(L, "no memory");
            return; /* for those who do not know that it raises */
        }
    }
    if (s->key != s->key_small) {
        free(s->key);
    }
    memcpy(copy, name, name_len);
    if (port) {
        copy[name_len] = ':';
        memcpy(copy + name_len + 1, port, port_len);
    }
    copy[len] = '\0';
    s->key = copy;
    s->key_len = len;
}

/* Keeps the pool's name where connect() has these arguments: the option's, the
 * host with the port as it was written, the path. */
static void choose_key(lua_State *L, lco_sock *s, const options *o, int port)
{
    char number[LX_NUMSIZE];
    const char *name, *text = NULL;
    size_t len, text_len = 0;

    name = lua_tolstring(L, o->key ? o->key : 2, &len);
    if (!o->key && port) {
        if (lua_type(L, 3) == LUA_TNUMBER) {
            text_len = lx_num2str(L, 3, number);
            text = number;
        }
        else {
            text = lua_tolstring(L, 3, &text_len);
        }
    }
    set_key(L, s, name, len, text, text_len);
}

/* The pool that the socket will use, or NULL. */
static lco_pool *choose_pool(lua_State *L, lco_sock *s, const options *o)
{
    lco_pools *set = lco_sock_pools(L);
    lco_pool *pool = set ? lco_pool_find(set, s->key, s->key_len) : NULL;

    if (!pool && o->pool_size > 0) {
        if (set) {
            pool = lco_pool_make(set, s->key, s->key_len, o->pool_size,
                                 o->backlog);
        }
        if (!pool) {
            luaL_error(L, "no memory");
        }
    }
    return pool;
}

static void note_host(lco_sock *s, const char *host, size_t len, int port)
{
    if (len >= sizeof(s->host)) {
        len = sizeof(s->host) - 1;
    }
    memcpy(s->host, host, len);
    s->host[len] = '\0';
    s->port = port;
}

/* Connects, the arguments being known.  The userdata is on the stack. */
static int start(lua_State *L, lco_req *req, lco_sock *s, const lco_target *t,
                 lco_pool *pool)
{
    lco_io rc = lco_tcp_connect(&s->tcp, t, pool, lco_sock_wdone);

    if (pool && s->tcp.state == LCO_TCP_CLOSED) {
        lco_pool_tidy(pool);
    }
    if (rc == LCO_IO_WAIT) {
        lco_sock_wait_write(L, req, s, deliver);
        s->conning = 1;
        s->queued = s->tcp.state == LCO_TCP_QUEUED;
        return lco_run_yield(L);
    }
    log_failure(req, s, rc, 0);
    return push_connected(L, s, rc);
}

/* tcpsock:connect(host, port, opts?), connect("unix:/path", opts?) */
static int tcp_connect(lua_State *L)
{
    int n = lua_gettop(L), port = 0, has_port = 0, busy;
    options o = {0, -1, 0};
    lco_target target;
    lco_req *req;
    lco_sock *s;
    const char *host, *err;
    size_t len;

    if (n < 2 || n > 4) {
        return luaL_error(L,
                          "ngx.socket connect: expecting 2, 3, or 4 arguments "
                          "(including the object), but seen %d",
                          n);
    }
    req = lco_api_req(L, LCO_YIELDABLE, "no request found");
    lco_sock_checkself(L);
    host = luaL_checklstring(L, 2, &len);

    if (lua_type(L, n) == LUA_TTABLE) {
        read_options(L, n, req, &o);
        n--;
    }
    if (n >= 3 && lua_isnumber(L, 3)) {
        port = lco_api_toint(L, 3);
        if (port < 0 || port > 65535) {
            lua_pushnil(L);
            lua_pushfstring(L, "bad port number: %d", port);
            return 2;
        }
        has_port = 1;
    }
    else if (len < 5 || strncasecmp(host, "unix:", 5) != 0) {
        return lco_api_fail(L, "missing the port number");
    }

    s = lco_sock_obtain(L, 1);
    if (s->used) {
        lco_sock_checkreq(L, s, req);
    }
    busy = lco_sock_busy(
        L, s, LCO_BUSY_CONNECTING | LCO_BUSY_READING | LCO_BUSY_WRITING);
    if (busy) {
        return busy;
    }
    choose_key(L, s, &o, has_port);
    lco_tcp_close(&s->tcp);
    note_host(s, host, len, port);
    default_timeouts(s, req->dconf);
    apply_timeouts(s);

    err = lco_target_parse(&target, host, len, (unsigned short) port);
    if (err) {
        lua_pushnil(L);
        lua_pushfstring(L, "failed to parse host name \"%s\": %s", host, err);
        return 2;
    }
    s->tcp.resolve_timeout = lco_conf_resolver_timeout(req->dconf);
    if (!target.addr.len) {
        s->tcp.resolver = lco_sock_resolver(
            L, req->dconf->resolver ? req->dconf->resolver : "");
        if (!s->tcp.resolver) {
            return luaL_error(L, "no memory");
        }
    }
    if (!s->used) {
        lco_req_tie(req, &s->tie, request_ended);
        s->used = 1;
    }
    return start(L, req, s, &target, choose_pool(L, s, &o));
}

/* ---- close ---- */

/* tcpsock:close() */
static int tcp_close(lua_State *L)
{
    int nargs = lua_gettop(L), busy;
    lco_req *req;
    lco_sock *s;

    if (nargs != 1) {
        return luaL_error(
            L, "expecting 1 argument (including the object) but seen %d",
            nargs);
    }
    req = lco_req_check(L);
    lco_sock_checkself(L);
    s = lco_sock_get(L, 1);
    if (!s || !s->tcp.link || (s->tcp.read_closed && s->tcp.write_closed)) {
        return lco_api_fail(L, "closed");
    }
    lco_sock_checkreq(L, s, req);
    busy = lco_sock_busy(
        L, s, LCO_BUSY_CONNECTING | LCO_BUSY_READING | LCO_BUSY_WRITING);
    if (busy) {
        return busy;
    }
    lco_tcp_close(&s->tcp);
    lua_pushinteger(L, 1);
    return 1;
}

/* ---- times ---- */

/* The argument, in milliseconds, as a time; no number counts as 0. */
static lco_usec check_timeout(lua_State *L, int arg)
{
    lua_Number msec = lua_tonumber(L, arg);

    /* So written that NaN is refused. */
    if (!(msec > -1 && msec < 2147483648.0)) {
        luaL_error(L, "bad timeout value");
    }
    return (lco_usec) msec * 1000;
}

/* The socket of either kind, made if there is none.  [-0, +1] */
static lco_sock *any(lua_State *L)
{
    lco_sock *s = lco_sock_find(L, 1);

    if (!s) {
        return lco_sock_obtain(L, 1);
    }
    lua_rawgeti(L, 1, 1);
    return s;
}

/* tcpsock:settimeout(ms) */
static int tcp_settimeout(lua_State *L)
{
    int nargs = lua_gettop(L);
    lco_usec t;
    lco_sock *s;

    if (nargs != 2) {
        return luaL_error(L,
                          "ngx.socket settimeout: expecting 2 arguments "
                          "(including the object) but seen %d",
                          nargs);
    }
    lco_sock_checkself(L);
    t = check_timeout(L, 2);
    s = any(L);
    s->set_connect = s->set_send = s->set_read = t;
    apply_timeouts(s);
    return 0;
}

/* tcpsock:settimeouts(connect, send, read), in ms */
static int tcp_settimeouts(lua_State *L)
{
    int nargs = lua_gettop(L);
    lco_usec c, w, r;
    lco_sock *s;

    if (nargs != 4) {
        return luaL_error(L,
                          "ngx.socket settimeouts: expecting 4 arguments "
                          "(including the object) but seen %d",
                          nargs);
    }
    lco_sock_checkself(L);
    c = check_timeout(L, 2);
    w = check_timeout(L, 3);
    r = check_timeout(L, 4);
    s = any(L);
    s->set_connect = c;
    s->set_send = w;
    s->set_read = r;
    apply_timeouts(s);
    return 0;
}

void lco_sock_adopt(lco_sock *s, lco_req *req, lco_link *l)
{
    const char *ip = req->r->useragent_ip;

    s->used = 1;
    s->down = 1;
    note_host(s, ip, strlen(ip), 0);
    default_timeouts(s, req->dconf);
    apply_timeouts(s);
    lco_req_tie(req, &s->tie, request_ended);
    lco_tcp_attach(&s->tcp, l);
}

static const luaL_Reg tcp_funcs[] = {
    {"connect", tcp_connect},
    {"close", tcp_close},
    {"settimeout", tcp_settimeout},
    {"settimeouts", tcp_settimeouts},
    {NULL, NULL},
};

void lco_sock_open_tcp(lua_State *L)
{
    luaL_setfuncs(L, tcp_funcs, 0);
}

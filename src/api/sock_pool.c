/* tcpsock:setkeepalive, getreusedtimes.
 *
 * Thread: inside the VM; see sock.h.
 */
#include "api/sock.h"

/* tcpsock:setkeepalive(timeout_ms?, pool_size?) */
static int sock_setkeepalive(lua_State *L)
{
    int nargs = lua_gettop(L), size, busy;
    const lco_link *l;
    lua_Number msec;
    lco_pools *set;
    lco_pool *pool;
    lco_usec idle;
    lco_req *req;
    lco_sock *s;

    if (nargs < 1 || nargs > 3) {
        return luaL_error(
            L, "expecting 1 to 3 arguments (including the object), but got %d",
            nargs);
    }
    lco_sock_checkself(L);
    req = lco_req_check(L);
    idle = lco_conf_sock_time(req->dconf->sock_keepalive_timeout);
    if (nargs >= 2 && !lua_isnil(L, 2)) {
        msec = lco_api_checknumber(L, 2);
        /* A time before now is over at once; NaN is no time. */
        idle = msec >= 1   ? (msec < 9e12 ? (lco_usec) msec * 1000 : 0)
               : msec > -1 ? 0
                           : 1;
    }
    size = lco_conf_sock_pool_size(req->dconf);
    if (nargs == 3 && !lua_isnil(L, 3)) {
        (void) lco_api_checknumber(L, 3);
        size = lco_api_toint(L, 3);
    }

    s = lco_sock_get(L, 1);
    if (!s) {
        return lco_api_fail(L, "closed");
    }
    l = s->tcp.link;
    if (!l || s->tcp.read_closed || s->tcp.write_closed || s->tcp.eof ||
        l->hup) {
        return lco_api_fail(L, "closed");
    }
    lco_sock_checkreq(L, s, req);
    busy = lco_sock_busy(
        L, s, LCO_BUSY_CONNECTING | LCO_BUSY_READING | LCO_BUSY_WRITING);
    if (busy) {
        return busy;
    }
    if (lco_tcp_has_unread(&s->tcp)) {
        return lco_api_fail(L, "unread data in buffer");
    }
    if (atomic_load_explicit(&req->vm->stopping, memory_order_relaxed) !=
        LCO_STOP_NONE) {
        /* Nobody will come for it. */
        lco_tcp_close(&s->tcp);
        lua_pushinteger(L, 1);
        return 1;
    }

    /* The one that counts it has its key. */
    set = lco_sock_pools(L);
    pool = s->tcp.pool ? s->tcp.pool
           : set       ? lco_pool_find(set, s->key, s->key_len)
                       : NULL;
    if (!pool) {
        if (size <= 0) {
            return luaL_argerror(
                L, nargs,
                lua_pushfstring(L, "bad \"pool_size\" option value: %d", size));
        }
        pool = set ? lco_pool_make(set, s->key, s->key_len, size, -1) : NULL;
        if (!pool) {
            return luaL_error(L, "no memory");
        }
    }
    if (lco_pool_keep(pool, &s->tcp, idle) != LCO_IO_OK) {
        return lco_api_fail(L, "connection in dubious state");
    }
    lua_pushinteger(L, 1);
    return 1;
}

/* tcpsock:getreusedtimes() */
static int sock_getreusedtimes(lua_State *L)
{
    int nargs = lua_gettop(L);
    const lco_sock *s;

    if (nargs != 1) {
        return luaL_error(
            L, "expecting 1 argument (including the object), but got %d",
            nargs);
    }
    lco_sock_checkself(L);
    s = lco_sock_get(L, 1);
    if (!s || !s->tcp.link || (s->tcp.read_closed && s->tcp.write_closed)) {
        return lco_api_fail(L, "closed");
    }
    lua_pushinteger(L, (lua_Integer) s->tcp.link->reused);
    return 1;
}

static const luaL_Reg pool_funcs[] = {
    {"setkeepalive", sock_setkeepalive},
    {"getreusedtimes", sock_getreusedtimes},
    {NULL, NULL},
};

void lco_sock_open_pool(lua_State *L)
{
    luaL_setfuncs(L, pool_funcs, 0);
}

/* ngx.say, ngx.print, ngx.flush, ngx.eof, ngx.send_headers.
 *
 * Nothing here yields but ngx.flush(true): text goes to the request's outbox,
 * which drive.c drains after the run.  The hard part is that arguments are
 * checked to the last one before the first byte is written: a failing call
 * leaves no half line behind.
 *
 * Thread: inside the VM, on the owner of the current request.
 */
#include "api/api.h"

#include "api/common.h"

#include <http_protocol.h>

#include <limits.h>
#include <math.h>
#include <string.h>

/* Tables in tables: the reference recurses without a limit and dies of it
 * where a table contains itself. */
#define NEST_MAX 1000

/* What one call may write.  A sparse array counts "nil" for each hole, so a
 * table of one element can ask for gigabytes. */
#define SIZE_LIMIT ((lua_Number) INT_MAX)

/* Small pieces are gathered here on the way to the outbox. */
typedef struct out_sink {
    lco_req *req;
    int failed;
    size_t used;
    char buf[1024];
} out_sink;

static void sink_drain(out_sink *sink)
{
    if (sink->used && lco_out_write(sink->req, sink->buf, sink->used) < 0) {
        sink->failed = 1;
    }
    sink->used = 0;
}

static void sink_put(out_sink *sink, const char *data, size_t len)
{
    if (len > sizeof(sink->buf) - sink->used) {
        sink_drain(sink);
        if (len >= sizeof(sink->buf)) {
            if (lco_out_write(sink->req, data, len) < 0) {
                sink->failed = 1;
            }
            return;
        }
    }
    memcpy(sink->buf + sink->used, data, len);
    sink->used += len;
}

/* The bytes that the array at IDX comes to, and its length.  Raises for
 * argument ARG if it is no array of printable values. */
static lua_Number measure_table(lua_State *L, int idx, int arg, int depth);

/* The same for any value; -1 if it cannot be printed. */
static lua_Number measure(lua_State *L, int idx, int arg, int depth)
{
    char buf[LX_NUMSIZE];

    switch (lua_type(L, idx)) {
    case LUA_TNUMBER:
        return (lua_Number) lx_num2str(L, idx, buf);
    case LUA_TSTRING:
        return (lua_Number) lua_rawlen(L, idx);
    case LUA_TNIL:
        return 3;
    case LUA_TBOOLEAN:
        return lua_toboolean(L, idx) ? 4 : 5;
    case LUA_TLIGHTUSERDATA:
        return 4; /* "null", whichever pointer it is */
    case LUA_TTABLE:
        return measure_table(L, lua_absindex(L, idx), arg, depth + 1);
    default:
        return -1;
    }
}

/* The largest index of the array at IDX.  Raises if it has other keys. */
static lua_Integer array_length(lua_State *L, int idx, int arg)
{
    lua_Number max = 0, count = 0, key;

    lua_pushnil(L);
    while (lua_next(L, idx)) {
        lua_pop(L, 1); /* value */
        key = lua_type(L, -1) == LUA_TNUMBER ? lua_tonumber(L, -1) : 0;
        if (!(key >= 1 && floor(key) == key)) {
            luaL_argerror(L, arg, "non-array table found");
        }
        if (key > max) {
            max = key;
        }
        count++;
    }
    if ((max - count) * 3 > SIZE_LIMIT) {
        luaL_error(L, "no memory");
    }
    return (lua_Integer) max;
}

static lua_Number measure_table(lua_State *L, int idx, int arg, int depth)
{
    lua_Number size = 0, piece;
    lua_Integer max, i;

    if (depth > NEST_MAX) {
        luaL_argerror(L, arg, "table nested too deeply");
    }
    luaL_checkstack(L, 4, "nested tables");
    max = array_length(L, idx, arg);

    for (i = 1; i <= max; i++) {
        lua_rawgeti(L, idx, i);
        piece = measure(L, -1, arg, depth);
        if (piece < 0) {
            luaL_argerror(L, arg,
                          lua_pushfstring(L, "bad data type %s found",
                                          luaL_typename(L, -1)));
        }
        size += piece;
        if (size > SIZE_LIMIT) {
            luaL_error(L, "no memory");
        }
        lua_pop(L, 1);
    }
    return size;
}

/* Writes a value that measure() has passed.  Lua has not run since, so the
 * tables are as they were. */
static void put_value(lua_State *L, int idx, out_sink *sink)
{
    char buf[LX_NUMSIZE];
    const char *data;
    size_t len;
    lua_Integer max, i;

    switch (lua_type(L, idx)) {
    case LUA_TNUMBER:
        len = lx_num2str(L, idx, buf);
        sink_put(sink, buf, len);
        break;
    case LUA_TSTRING:
        data = lua_tolstring(L, idx, &len);
        if (len >= sizeof(sink->buf)) {
            sink_drain(sink);
            if (lco_out_string(sink->req, L, idx) < 0) {
                sink->failed = 1;
            }
        }
        else {
            sink_put(sink, data, len);
        }
        break;
    case LUA_TNIL:
        sink_put(sink, "nil", 3);
        break;
    case LUA_TBOOLEAN:
        if (lua_toboolean(L, idx)) {
            sink_put(sink, "true", 4);
        }
        else {
            sink_put(sink, "false", 5);
        }
        break;
    case LUA_TLIGHTUSERDATA:
        sink_put(sink, "null", 4);
        break;
    case LUA_TTABLE:
        idx = lua_absindex(L, idx);
        luaL_checkstack(L, 4, "nested tables");
        max = array_length(L, idx, 1);
        for (i = 1; i <= max; i++) {
            lua_rawgeti(L, idx, i);
            put_value(L, -1, sink);
            lua_pop(L, 1);
        }
        break;
    }
}

/* Does the response have a header and nothing else?  As in the reference that
 * is known once the header has been sent. */
static int is_header_only(const lco_req *req)
{
    int status;

    if (!req->header_sent) {
        return 0;
    }
    status = lco_api_status(req);
    return req->r->header_only || status == HTTP_NO_CONTENT ||
           status == HTTP_NOT_MODIFIED;
}

static int filter_error(lua_State *L)
{
    return lco_api_fail(L, "nginx output filter error");
}

static int done(lua_State *L)
{
    lua_pushinteger(L, 1);
    return 1;
}

static int echo(lua_State *L, int newline)
{
    lco_req *req = lco_api_req(L, LCO_OUTPUT, "no request object found");
    int nargs = lua_gettop(L), i;
    lua_Number size = newline ? 1 : 0, piece;
    out_sink sink;

    if (req->raw) {
        return lco_api_fail(L, "raw request socket acquired");
    }
    if (is_header_only(req)) {
        return lco_api_fail(L, "header only");
    }
    if (req->eof) {
        return lco_api_fail(L, "seen eof");
    }

    for (i = 1; i <= nargs; i++) {
        piece = measure(L, i, i, 0);
        if (piece < 0) {
            return luaL_argerror(
                L, i,
                lua_pushfstring(L,
                                "string, number, boolean, nil, ngx.null, or "
                                "array table expected, but got %s",
                                luaL_typename(L, i)));
        }
        size += piece;
    }

    if (lco_out_headers(req) < 0) {
        return filter_error(L);
    }
    if (size < 1) {
        return done(L);
    }
    req->seen_body = 1;
    if (is_header_only(req)) {
        /* HEAD, 204, 304: the first text ends the response. */
        return lco_out_eof(req) < 0 ? filter_error(L) : done(L);
    }

    sink.req = req;
    sink.failed = 0;
    sink.used = 0;
    for (i = 1; i <= nargs; i++) {
        put_value(L, i, &sink);
    }
    if (newline) {
        sink_put(&sink, "\n", 1);
    }
    sink_drain(&sink);
    return sink.failed ? filter_error(L) : done(L);
}

/* ngx.print(...), ngx.say(...): 1, or nil and "header only", "seen eof",
 * "nginx output filter error". */
static int output_print(lua_State *L)
{
    return echo(L, 0);
}

static int output_say(lua_State *L)
{
    return echo(L, 1);
}

/* ngx.flush(wait?): 1, or nil and "nothing to flush", "header only", "seen
 * eof"; where it waited also "timeout" and "client aborted". */
static int output_flush(lua_State *L)
{
    int nargs = lua_gettop(L), wait = 0;
    lco_req *req;

    if (nargs > 1) {
        return luaL_error(
            L, "attempt to pass %d arguments, but accepted 0 or 1", nargs);
    }
    req = lco_api_req(L, ~0U, "no request found");
    /* In a subrequest nothing waits, and nothing is checked. */
    if (nargs == 1 && (!req->r || !(req->r->main || req->capture))) {
        if (!lua_isboolean(L, 1)) {
            return lco_api_typeerror(L, 1, "boolean");
        }
        wait = lua_toboolean(L, 1);
    }
    lco_req_check_phase(L, req, LCO_OUTPUT);

    if (req->raw) {
        return lco_api_fail(L, "raw request socket acquired");
    }
    if (is_header_only(req)) {
        return lco_api_fail(L, "header only");
    }
    if (req->eof) {
        return lco_api_fail(L, "seen eof");
    }
    if (req->buffering) {
        return lco_api_fail(L, "buffering");
    }
    if (!req->header_sent || (!req->seen_body && !wait)) {
        return lco_api_fail(L, "nothing to flush");
    }

    if (wait) {
        lco_co_check(L, &req->run);
        req->flush_asked = 1;
        return lco_run_ask(L, &req->run, LCO_SERVICE_FLUSH);
    }
    req->flush_asked = 1;
    return done(L);
}

/* ngx.eof(): 1, or nil and "seen eof", "nginx output filter error". */
static int output_eof(lua_State *L)
{
    lco_req *req = lco_api_req(L, ~0U, "no request object found");

    if (lua_gettop(L)) {
        return luaL_error(L, "no argument is expected");
    }
    if (req->raw) {
        return lco_api_fail(L, "raw request socket acquired");
    }
    if (req->eof) {
        return lco_api_fail(L, "seen eof");
    }
    lco_req_check_phase(L, req, LCO_OUTPUT);
    if (lco_out_headers(req) < 0 || lco_out_eof(req) < 0) {
        return filter_error(L);
    }
    return done(L);
}

/* ngx.send_headers(): 1, or nil and "nginx output filter error". */
static int output_send_headers(lua_State *L)
{
    lco_req *req = lco_api_req(L, LCO_OUTPUT, "no request found");

    /* Even after ngx.eof(): they have gone, which is what was asked for. */
    return !req->header_sent && lco_out_headers(req) < 0 ? filter_error(L)
                                                         : done(L);
}

static const luaL_Reg output_funcs[] = {
    {"say", output_say},
    {"print", output_print},
    {"flush", output_flush},
    {"eof", output_eof},
    {"send_headers", output_send_headers},
    {NULL, NULL},
};

void lco_api_open_output(lua_State *L)
{
    luaL_setfuncs(L, output_funcs, 0);
}

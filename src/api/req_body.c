/* ngx.req: read_body, discard_body, get_body_data, get_body_file,
 * set_body_data, set_body_file, init_body, append_body, finish_body,
 * get_post_args.
 *
 * Reading is a service of the drive (req/body.c).  What may touch a file is
 * done by the drive too, with the VM left, unless the phase cannot yield; the
 * arguments stay on the coroutine's stack meanwhile.
 *
 * Thread: inside the VM, on the owner of the current request.
 */
#include "api/api.h"

#include "api/args.h"
#include "api/common.h"
#include "req/body.h"

/* What files are asked for, with the VM left. */
typedef struct body_op {
    lco_body *body;
    const char *data; /* an argument of the call */
    size_t len;
    int flag;
    int ok;
    const char *failed; /* the system call that did */
    void (*fn)(struct body_op *op);
} body_op;

static int check_count(lua_State *L, int max, const char *words)
{
    int n = lua_gettop(L);

    if (n > max) {
        luaL_error(L, "expecting %s but seen %d", words, n);
    }
    return n;
}

/* The HTTP request; raises MSG where there is none yet (LuaCoInit). */
static lco_req *body_req(lua_State *L, const char *msg)
{
    if (!lco_req_get(L) && lco_vm_of(L)->boot_phase == LCO_PHASE_INIT) {
        luaL_error(L, "%s", msg);
    }
    return lco_api_http(L);
}

/* The same with the body, which Lua is about to change. */
static lco_body *settable(lua_State *L, lco_req *req)
{
    lco_body *body = lco_body_find(req);

    if (body && body->discarding) {
        luaL_error(L, "request body already discarded asynchronously");
    }
    if (!body || !body->is_read) {
        luaL_error(L, "request body not read yet");
    }
    return body;
}

/* A string or a number, as text at its place on the stack. */
static const char *check_text(lua_State *L, int arg, size_t *len)
{
    if (lua_type(L, arg) == LUA_TNUMBER) {
        (void) lco_api_tolstring(L, arg, len);
        lua_replace(L, arg);
    }
    else if (lua_type(L, arg) != LUA_TSTRING) {
        lco_api_typeerror(L, arg, "string");
    }
    return lua_tolstring(L, arg, len);
}

/* The one argument of the call, text. */
static const char *only_text(lua_State *L, size_t *len)
{
    if (lua_gettop(L) != 1) {
        luaL_error(L, "expecting 1 arguments but seen %d", lua_gettop(L));
    }
    return check_text(L, 1, len);
}

/* ---- file work ---- */

static void run_op(lco_req *req, void *data)
{
    body_op *op = data;

    (void) req;
    op->fn(op);
}

/* A place for an operation on the stack top. */
static body_op *new_op(lua_State *L, lco_body *body, void (*fn)(body_op *op))
{
    body_op *op = lx_newuserdata(L, sizeof(*op));

    op->body = body;
    op->fn = fn;
    op->ok = 1;
    op->failed = NULL;
    return op;
}

/* Does OP, which is the stack's top, then goes on with K.  FILES: it may touch
 * one. */
static int do_op(lua_State *L, lco_req *req, body_op *op, int files,
                 lua_KFunction k)
{
    lua_KContext ctx = (lua_KContext) lua_gettop(L);

    if (files && (LCO_BIT(req->phase) & LCO_YIELDABLE) && lua_isyieldable(L)) {
        req->call = run_op;
        req->call_data = op;
        return lco_run_askk(L, &req->run, LCO_SERVICE_CALL, ctx, k);
    }
    op->fn(op);
    return k(L, LUA_OK, ctx);
}

/* ---- reading ---- */

/* ngx.req.read_body(): waits until the request body has been read, if there is
 * one.  Returns nothing; if the body does not come the request ends. */
static int req_read_body(lua_State *L)
{
    lco_req *req;
    lco_body *body;

    check_count(L, 0, "0 arguments");
    req = lco_api_req(L, LCO_OUTPUT, "request object not found");
    body = lco_body_of(req);
    if (!body) {
        return luaL_error(L, "no memory");
    }
    if (body->is_read || body->discarding) {
        return 0;
    }
    if (body->over && !body->status) {
        lco_body_want(body, req);
        (void) lco_body_pump(req, 0); /* no filter is asked */
        return 0;
    }
    (void) lco_co_check(L, &req->run); /* before anything is wanted */
    lco_body_want(body, req);
    return lco_run_ask(L, &req->run, LCO_SERVICE_BODY);
}

/* ngx.req.discard_body(): what the client sends is thrown away, without
 * waiting for it. */
static int req_discard_body(lua_State *L)
{
    lco_req *req;
    lco_body *body;

    check_count(L, 0, "0 arguments");
    req = body_req(L, "request object not found");
    body = lco_body_of(req);
    if (!body) {
        return luaL_error(L, "no memory");
    }
    lco_body_discard(body, req);
    if (lco_body_wants_input(req) && (LCO_BIT(req->phase) & LCO_OUTPUT) &&
        lua_isyieldable(L)) {
        return lco_run_ask(L, &req->run, LCO_SERVICE_BODY);
    }
    return 0;
}

/* ngx.req.get_body_data(max?): the body as a string, no more than max bytes of
 * it; nil if it was not read, is empty or lies in a file. */
static int req_get_body_data(lua_State *L)
{
    int n = check_count(L, 1, "0 or 1 arguments");
    lua_Number max = n == 1 ? lco_api_checknumber(L, 1) : 0;
    const char *data;
    apr_size_t len;

    data = lco_body_data(body_req(L, "request object not found"), &len);
    if (!data) {
        lua_pushnil(L);
        return 1;
    }
    if (max >= 1 && max < (lua_Number) len) {
        len = (apr_size_t) max;
    }
    lua_pushlstring(L, data, len);
    return 1;
}

/* ngx.req.get_body_file(): the name of the file the body lies in, or nil. */
static int req_get_body_file(lua_State *L)
{
    check_count(L, 0, "0 arguments");
    lua_pushstring(L, lco_body_file(body_req(L, "request object not found")));
    return 1;
}

/* ---- setting ---- */

/* Becomes the body: the data of the operation. */
static void op_set_data(body_op *op)
{
    if (op->len == 0) {
        lco_body_clear(op->body);
        return;
    }
    op->ok = lco_body_start(op->body, op->len) &&
             lco_body_add(op->body, op->data, op->len);
}

static int set_data_done(lua_State *L, int status, lua_KContext ctx)
{
    body_op *op = lua_touserdata(L, (int) ctx);

    (void) status;
    if (!op->ok) {
        return luaL_error(L, "no memory");
    }
    lco_body_announce(op->body, op->body->req);
    return 0;
}

/* ngx.req.set_body_data(data) */
static int req_set_body_data(lua_State *L)
{
    size_t len;
    const char *data = only_text(L, &len);
    lco_req *req;
    body_op *op;

    req = body_req(L, "request object not found");
    op = new_op(L, settable(L, req), op_set_data);
    op->data = data;
    op->len = len;
    return do_op(L, req, op, op->body->path != NULL, set_data_done);
}

static void op_set_file(body_op *op)
{
    op->failed = lco_body_take_file(op->body, op->data, op->flag);
}

static int set_file_done(lua_State *L, int status, lua_KContext ctx)
{
    body_op *op = lua_touserdata(L, (int) ctx);

    (void) status;
    if (op->failed) {
        return luaL_error(L, "%s \"%s\" failed", op->failed, op->data);
    }
    lco_body_announce(op->body, op->body->req);
    return 0;
}

/* ngx.req.set_body_file(path, auto_clean?) */
static int req_set_body_file(lua_State *L)
{
    int n = lua_gettop(L);
    const char *path;
    size_t len;
    lco_req *req;
    body_op *op;

    if (n != 1 && n != 2) {
        return luaL_error(L, "expecting 1 or 2 arguments but seen %d", n);
    }
    path = check_text(L, 1, &len);
    req = body_req(L, "no request found");
    (void) settable(L, req);
    if (n == 2 && !lua_isboolean(L, 2)) {
        return lco_api_typeerror(L, 2, "boolean");
    }
    op = new_op(L, req->body, op_set_file);
    op->data = path;
    op->flag = n == 2 && lua_toboolean(L, 2);
    return do_op(L, req, op, 1, set_file_done);
}

/* ---- in pieces ---- */

static void op_start(body_op *op)
{
    op->ok = lco_body_start(op->body, op->len);
    op->body->can_append = op->ok ? 1 : 0;
}

static int start_done(lua_State *L, int status, lua_KContext ctx)
{
    body_op *op = lua_touserdata(L, (int) ctx);

    (void) status;
    return op->ok ? 0 : luaL_error(L, "no memory");
}

/* ngx.req.init_body(size?): an empty body, whose buffer has that size. */
static int req_init_body(lua_State *L)
{
    int n = check_count(L, 1, "0 or 1 argument");
    lco_req *req = body_req(L, "no request found");
    lco_body *body = settable(L, req);
    lua_Number size = (lua_Number) lco_body_buffer_size(req);
    body_op *op;

    if (n == 1) {
        size = lco_api_checknumber(L, 1);
        if (!(size > -1)) {
            return luaL_error(
                L, "bad size argument: %d",
                size < -2147483648.0 || size != size ? 0 : (int) size);
        }
        if (size >= 9223372036854775808.0) {
            return luaL_error(L, "no memory");
        }
    }
    op = new_op(L, body, op_start);
    op->len = (size_t) size;
    return do_op(L, req, op, body->path != NULL, start_done);
}

static void op_append(body_op *op)
{
    op->ok = lco_body_add(op->body, op->data, op->len);
}

static int append_done(lua_State *L, int status, lua_KContext ctx)
{
    body_op *op = lua_touserdata(L, (int) ctx);

    (void) status;
    return op->ok ? 0 : luaL_error(L, "fail to write file");
}

static lco_body *appendable(lua_State *L, lco_req *req)
{
    lco_body *body = lco_body_find(req);

    if (!body || !body->is_read || !body->can_append) {
        luaL_error(L, "request_body not initialized");
    }
    return body;
}

/* ngx.req.append_body(data) */
static int req_append_body(lua_State *L)
{
    size_t len;
    const char *data = only_text(L, &len);
    lco_req *req;
    body_op *op;

    req = body_req(L, "no request found");
    op = new_op(L, appendable(L, req), op_append);
    op->data = data;
    op->len = len;
    return do_op(L, req, op, len > op->body->cap - op->body->len, append_done);
}

static void op_finish(body_op *op)
{
    op->ok = lco_body_finish(op->body);
}

static int finish_done(lua_State *L, int status, lua_KContext ctx)
{
    body_op *op = lua_touserdata(L, (int) ctx);

    (void) status;
    if (!op->ok) {
        return luaL_error(L, "fail to write file");
    }
    lco_body_announce(op->body, op->body->req);
    return 0;
}

/* ngx.req.finish_body() */
static int req_finish_body(lua_State *L)
{
    lco_req *req;
    body_op *op;

    check_count(L, 0, "0 argument");
    req = body_req(L, "no request found");
    op = new_op(L, appendable(L, req), op_finish);
    return do_op(L, req, op, op->body->path != NULL, finish_done);
}

/* ---- arguments ---- */

/* ngx.req.get_post_args(max?): the body as a query string, decoded. */
static int req_get_post_args(lua_State *L)
{
    int n = check_count(L, 1, "0 or 1 arguments");
    int max = LCO_API_MAX_PAIRS;
    const char *data;
    apr_size_t len;
    lco_body *body;
    lco_req *req;

    if (n == 1) {
        (void) lco_api_checknumber(L, 1);
        max = lco_api_toint(L, 1);
    }
    req = body_req(L, "no request object found");
    body = lco_body_find(req);
    if (body && body->discarding) {
        lua_createtable(L, 0, 0);
        return 1;
    }
    if (!body || !body->is_read) {
        return luaL_error(L, "no request body found; maybe you should turn on "
                             "LuaCoNeedRequestBody?");
    }
    if (lco_body_file(req)) {
        return lco_api_fail(L, "request body in temp file not supported");
    }
    data = lco_body_data(req, &len);
    return lco_api_decode_args(L, data ? data : "", len, max);
}

static const luaL_Reg req_body_funcs[] = {
    {"read_body", req_read_body},
    {"discard_body", req_discard_body},
    {"get_body_data", req_get_body_data},
    {"get_body_file", req_get_body_file},
    {"set_body_data", req_set_body_data},
    {"set_body_file", req_set_body_file},
    {"init_body", req_init_body},
    {"append_body", req_append_body},
    {"finish_body", req_finish_body},
    {"get_post_args", req_get_post_args},
    {NULL, NULL},
};

void lco_api_open_req_body(lua_State *L)
{
    luaL_getsubtable(L, -1, "req");
    luaL_setfuncs(L, req_body_funcs, 0);
    lua_pop(L, 1);
}

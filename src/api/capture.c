/* ngx.location.capture, capture_multi.
 *
 * Arguments are checked for all captures of a call before the first one
 * starts.  Until then the call belongs to a userdata on the stack, whose
 * collector frees it if something raises; from then on to the wait.
 *
 * Thread: inside the VM, on the owner of the current request.
 */
#include "api/api.h"

#include "api/args.h"
#include "api/common.h"
#include "req/capture.h"
#include "req/vars.h"
#include "util/escape.h"

#include <string.h>

#include <apr_strings.h>
#include <http_log.h>

APLOG_USE_MODULE(luaco);

/* Where a capture may be made: lua-nginx-module's phases. */
#define PHASES                                                                 \
    (LCO_BIT(LCO_PHASE_REWRITE) | LCO_BIT(LCO_PHASE_ACCESS) |                  \
     LCO_BIT(LCO_PHASE_HANDLER))

/* Metatable of the userdata that holds a call not started yet. */
static const char holder_meta[] = "luaco.captures";

typedef struct holder {
    lco_captures *call;
} holder;

static int holder_gc(lua_State *L)
{
    holder *h = lua_touserdata(L, 1);

    if (h->call) {
        lco_captures_free(h->call);
        h->call = NULL;
    }
    return 0;
}

/* ---- options ---- */

/* By the bit of ngx.HTTP_*, from 1 << 1. */
static const char *const methods[] = {
    "GET",       "HEAD", "POST",   "PUT",     "DELETE",
    "MKCOL",     "COPY", "MOVE",   "OPTIONS", "PROPFIND",
    "PROPPATCH", "LOCK", "UNLOCK", "PATCH",   "TRACE",
};

static const char *method_of(lua_Number n)
{
    size_t i;

    for (i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        if (n == (lua_Number) (2 << i)) {
            return methods[i];
        }
    }
    return NULL;
}

/* The value of a boolean option; nil is false. */
static int flag(lua_State *L, int opts, const char *name)
{
    int type = lua_getfield(L, opts, name);
    int on = lua_toboolean(L, -1);

    if (type != LUA_TNIL && type != LUA_TBOOLEAN) {
        luaL_error(L, "Bad %s option value", name);
    }
    lua_pop(L, 1);
    return on;
}

static int add_pair(lco_capture *cap, apr_array_header_t **list,
                    const lco_capture_var *pair)
{
    lco_capture_var *v;

    if (!*list) {
        *list = apr_array_make(cap->pool, 4, sizeof(lco_capture_var));
    }
    v = apr_array_push(*list);
    v->name = apr_pstrmemdup(cap->pool, pair->name, pair->name_len);
    v->name_len = pair->name_len;
    v->value = apr_pstrmemdup(cap->pool, pair->value, pair->value_len);
    v->value_len = pair->value_len;
    return 1;
}

/* Takes the table NAME of the options, whose values are strings and numbers,
 * as a list. */
static void take_pairs(lua_State *L, lco_capture *cap, int opts,
                       const char *name, apr_array_header_t **list)
{
    lco_capture_var pair;
    int type = lua_getfield(L, opts, name), t = lua_gettop(L);

    if (type == LUA_TNIL) {
        lua_pop(L, 1);
        return;
    }
    if (type != LUA_TTABLE) {
        luaL_error(L, "Bad %s option value", name);
    }
    lua_pushnil(L);
    while (lua_next(L, t)) {
        if (lua_type(L, -2) != LUA_TSTRING) {
            /* Of headers the reference says it so, too. */
            luaL_error(L, "attempt to use a non-string key in the \"vars\" "
                          "option table");
        }
        if (!lua_isstring(L, -1)) {
            luaL_error(L, "attempt to use bad variable value type %s",
                       luaL_typename(L, -1));
        }
        pair.name = lua_tolstring(L, -2, &pair.name_len);
        pair.value = lco_api_tolstring(L, -1, &pair.value_len);
        (void) add_pair(cap, list, &pair);
        lua_pop(L, 2); /* the value and its text */
    }
    lua_pop(L, 1);
}

/* Raises what an assignment in the target would come to. */
static void check_vars(lua_State *L, const lco_capture *cap)
{
    request_rec *r = cap->parent->r;
    int i;

    for (i = 0; cap->vars && i < cap->vars->nelts; i++) {
        const lco_capture_var *v =
            &APR_ARRAY_IDX(cap->vars, i, lco_capture_var);
        lco_var_set_result res = lco_var_settable(v->name);

        if (res == LCO_VAR_READONLY) {
            ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
                          "variable \"%s\" not changeable", v->name);
            luaL_error(L, "failed to adjust the subrequest: 500");
        }
        if (res != LCO_VAR_SET || strlen(v->name) != v->name_len ||
            memchr(v->value, 0, v->value_len)) {
            ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
                          "variable \"%s\" cannot be assigned a value",
                          v->name);
            luaL_error(L, "failed to adjust the subrequest: -1");
        }
    }
}

/* The args option as a string on the stack, or nil.  [-0, +1] */
static void push_args(lua_State *L, int opts)
{
    size_t len;

    switch (lua_getfield(L, opts, "args")) {
    case LUA_TTABLE:
        (void) lco_api_encode_args(L, -1, &len);
        lua_remove(L, -2);
        break;
    case LUA_TNUMBER:
        (void) lco_api_tolstring(L, -1, &len);
        lua_remove(L, -2);
        break;
    case LUA_TNIL:
    case LUA_TSTRING:
        break;
    default:
        luaL_error(L, "Bad args option value");
    }
}

/* ---- the URI ---- */

static int is_dots(const char *p, const char *end)
{
    return end - p >= 2 && p[0] == '.' && p[1] == '.' &&
           (end - p == 2 || p[2] == '/');
}

/* Does a segment of the path lead upwards?  Or is there a NUL byte? */
static int is_unsafe(const char *p, size_t len)
{
    const char *end = p + len, *slash = p;

    if (memchr(p, 0, len) || is_dots(p, end)) {
        return 1;
    }
    while ((slash = memchr(slash, '/', (size_t) (end - slash)))) {
        slash++;
        if (is_dots(slash, end)) {
            return 1;
        }
    }
    return 0;
}

/* Splits the URI at IDX at its "?"; the path is decoded.  EXTRA is the index of
 * more arguments, or of nil. */
static void take_uri(lua_State *L, lco_capture *cap, int idx, int extra)
{
    size_t len, path_len, more_len = 0;
    const char *uri, *query, *more, *args = NULL;
    char *path;

    if (!lua_isstring(L, idx)) {
        luaL_argerror(L, 3,
                      lua_pushfstring(L, "string expected, got %s",
                                      luaL_typename(L, idx)));
    }
    uri = lco_api_tolstring(L, idx, &len);
    query = memchr(uri, '?', len);
    path_len = query ? (size_t) (query - uri) : len;
    path = apr_palloc(cap->pool, path_len + 1);
    memcpy(path, uri, path_len);
    if (!path_len || is_unsafe(path, path_len)) {
        luaL_error(L, "unsafe uri in argument #1: %s", uri);
    }
    if (memchr(path, '%', path_len)) {
        path_len = lco_unescape_uri(path, path, path_len, 0);
        if (!path_len || is_unsafe(path, path_len)) {
            luaL_error(L, "unsafe uri in argument #1: %s", uri);
        }
    }
    path[path_len] = '\0';
    cap->uri = path;
    if (*path == '@') {
        /* The URI stays what it is, the sections are those of the name. */
        cap->named = apr_pstrcat(cap->pool, "/", path, NULL);
        cap->uri = cap->parent->r->uri;
        args = cap->parent->r->args;
    }

    if (query && query + 1 < uri + len) {
        query++;
        args = apr_pstrmemdup(cap->pool, query, (size_t) (uri + len - query));
    }
    more = lua_tolstring(L, extra, &more_len);
    if (more_len) {
        more = apr_pstrmemdup(cap->pool, more, more_len);
        args = args ? apr_pstrcat(cap->pool, args, "&", more, NULL) : more;
    }
    cap->args = args;
    lua_pop(L, 1);
}

/* ---- one capture ---- */

/* As the reference does: without a body option PUT and POST take the parent's,
 * others where they are told to. */
static void take_body(lua_State *L, lco_capture *cap, int opts)
{
    int always = 0, type = LUA_TNIL;
    const char *data;
    size_t len;

    if (opts) {
        lua_getfield(L, opts, "always_forward_body");
        always = lua_toboolean(L, -1);
        lua_pop(L, 1);
        type = lua_getfield(L, opts, "body");
    }
    if (type == LUA_TSTRING || type == LUA_TNUMBER) {
        data = lco_api_tolstring(L, -1, &len);
        if (!lco_capture_set_body(cap, data, len)) {
            luaL_error(L, "no memory");
        }
    }
    else if (type != LUA_TNIL) {
        luaL_error(L, "Bad http request body");
    }
    else if ((always || strcmp(cap->method, "POST") == 0 ||
              strcmp(cap->method, "PUT") == 0) &&
             !lco_capture_forward_body(cap)) {
        luaL_error(L, "no memory");
    }
}

/* The options table at OPTS; leaves the extra arguments, or nil, on the
 * stack.  [-0, +1] */
static void take_options(lua_State *L, lco_capture *cap, int opts)
{
    int share, copy, type;
    const char *method;

    push_args(L, opts);
    take_pairs(L, cap, opts, "vars", &cap->vars);
    take_pairs(L, cap, opts, "headers", &cap->headers);
    share = flag(L, opts, "share_all_vars");
    copy = flag(L, opts, "copy_all_vars");
    if (share || copy) {
        cap->env = apr_table_clone(cap->pool, cap->parent->r->subprocess_env);
        cap->share_vars = share ? 1 : 0;
    }

    type = lua_getfield(L, opts, "method");
    if (type != LUA_TNIL && type != LUA_TNUMBER) {
        luaL_error(L, "Bad http request method");
    }
    method = type == LUA_TNIL ? "GET" : method_of(lua_tonumber(L, -1));
    if (!method) {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, cap->parent->r,
                      "unsupported HTTP method: %d", lco_api_toint(L, -1));
    }
    cap->method = method;
    lua_pop(L, 1);

    type = lua_getfield(L, opts, "ctx");
    if (type == LUA_TTABLE) {
        cap->ctx_ref = luaL_ref(L, LUA_REGISTRYINDEX);
    }
    else if (type != LUA_TNIL) {
        luaL_error(L, "Bad ctx option value type %s, expected a Lua table",
                   luaL_typename(L, -1));
    }
    else {
        lua_pop(L, 1);
    }
}

static void check_depth(lua_State *L, lco_req *req, const char *uri)
{
    if (req->capture && req->capture->depth >= LCO_CAPTURE_DEPTH) {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, req->r,
                      "lua subrequests cycle while processing \"%s\"", uri);
        luaL_error(L, "failed to issue subrequest: -1");
    }
}

/* Number I (from 0) of the list at index 1. */
static void take_query(lua_State *L, lco_req *req, lco_captures *call, int i)
{
    int query, opts = 0, extra;
    lua_Unsigned n;
    lco_capture *cap;

    if (lua_rawgeti(L, 1, i + 1) == LUA_TNIL) {
        luaL_error(L, "only array-like tables are allowed");
    }
    query = lua_gettop(L);
    if (!lua_istable(L, query)) {
        luaL_error(L, "the query argument %d is not a table, but a %s", i,
                   luaL_typename(L, query));
    }
    n = lua_rawlen(L, query);
    if (n != 1 && n != 2) {
        luaL_error(L, "query argument %d expecting one or two arguments", i);
    }
    cap = lco_captures_add(call, i, req);
    if (!cap) {
        luaL_error(L, "no memory");
        return;
    }
    cap->method = "GET";
    lua_rawgeti(L, query, 1);
    if (n == 2) {
        lua_rawgeti(L, query, 2);
        opts = lua_gettop(L);
        if (!lua_istable(L, opts)) {
            luaL_error(L,
                       "expecting table as the 2nd argument for subrequest "
                       "%d, but got %s",
                       i, luaL_typename(L, opts));
        }
        take_options(L, cap, opts);
    }
    else {
        lua_pushnil(L);
    }
    extra = lua_gettop(L);
    if (cap->method) {
        take_body(L, cap, opts);
        lua_settop(L, extra);
    }
    take_uri(L, cap, query + 1, extra);
    check_depth(L, req, cap->uri);
    if (!cap->method) {
        luaL_error(L, "failed to adjust the subrequest: -1");
    }
    check_vars(L, cap);
    lua_settop(L, query - 1);
}

/* ---- results ---- */

static const char *next_string(const char **p)
{
    const char *s = *p;

    *p += strlen(s) + 1;
    return s;
}

/* Pushes the table of the headers.  [-0, +1] */
static void push_header(lua_State *L, const lco_capture *cap)
{
    const char *p = cap->head, *end = p + cap->head_len;
    int t;

    lua_createtable(L, 0, 8);
    t = lua_gettop(L);
    while (p < end) {
        lua_pushstring(L, next_string(&p));
        lua_pushstring(L, next_string(&p));
        lco_api_addmulti(L, t);
    }
}

static void push_result(lua_State *L, lco_capture *cap)
{
    lua_createtable(L, 0, 4);
    lua_pushinteger(L, cap->status);
    lua_setfield(L, -2, "status");
    lua_pushboolean(L, !cap->complete || cap->broken);
    lua_setfield(L, -2, "truncated");
    lua_pushlstring(L, cap->data ? cap->data : "", cap->len);
    lua_setfield(L, -2, "body");
    push_header(L, cap);
    lua_setfield(L, -2, "header");
}

/* The variables that the target shares with us. */
static void take_shared(lco_req *req, const lco_capture *cap)
{
    const char *p = cap->shared, *end = p + cap->shared_len;
    const char *name, *value;

    while (p < end) {
        name = next_string(&p);
        value = next_string(&p);
        apr_table_set(req->r->subprocess_env, name, value);
    }
}

static int push_results(lua_State *L, lco_wait *w)
{
    lco_captures *call = w->data;
    holder *h;
    int i, n = call->n;

    /* From here on its collector frees them, whatever happens. */
    lua_rawgeti(L, LUA_REGISTRYINDEX, call->holder_ref);
    h = lua_touserdata(L, -1);
    h->call = call;
    luaL_unref(L, LUA_REGISTRYINDEX, call->holder_ref);
    call->holder_ref = LUA_NOREF;
    luaL_checkstack(L, n + 8, "too many results");
    for (i = 0; i < n; i++) {
        take_shared(w->req, call->list[i]);
        push_result(L, call->list[i]);
    }
    lco_captures_free(call);
    h->call = NULL;
    return n;
}

/* kill, exit, abort while they run */
static void stop_captures(lco_wait *w)
{
    lco_captures_stop(w->data);
}

/* The same when they were done */
static void drop_captures(lco_wait *w)
{
    lco_captures_free(w->data);
}

/* ---- functions ---- */

/* ngx.location.capture_multi({ {uri, options?}, ... }): as many tables as
 * there are captures. */
static int capture_multi(lua_State *L)
{
    int i, top = lua_gettop(L);
    lua_Unsigned n;
    lco_req *req;
    lco_wait *wait;
    lco_co *co;
    holder *h;

    if (top != 1) {
        return luaL_error(L, "only one argument is expected, but got %d", top);
    }
    if (!lua_istable(L, 1)) {
        return lco_api_typeerror(L, 1, "table");
    }
    n = lua_rawlen(L, 1);
    if (n == 0) {
        return luaL_error(L, "at least one subrequest should be specified");
    }
    req = lco_api_req(L, PHASES, "no request object found");
    co = lco_co_check(L, &req->run);
    if (n > 10000) {
        return luaL_error(L, "no memory");
    }

    luaL_checkstack(L, 16, NULL);
    h = lx_newuserdata(L, sizeof(*h));
    h->call = NULL;
    luaL_setmetatable(L, holder_meta);
    h->call = lco_captures_new((int) n);
    if (!h->call) {
        return luaL_error(L, "no memory");
    }
    for (i = 0; i < (int) n; i++) {
        take_query(L, req, h->call, i);
    }
    lua_pushvalue(L, -1);
    h->call->holder_ref = luaL_ref(L, LUA_REGISTRYINDEX);
    wait = lco_wait_new(req, co, stop_captures);
    if (!wait) {
        luaL_unref(L, LUA_REGISTRYINDEX, h->call->holder_ref);
        h->call->holder_ref = LUA_NOREF;
        return luaL_error(L, "no memory");
    }
    wait->drop = drop_captures;
    lco_co_hold(co);
    lco_captures_start(h->call, wait, push_results);
    h->call = NULL;
    return lco_run_yield(L);
}

/* ngx.location.capture(uri, options?) */
static int capture(lua_State *L)
{
    int n = lua_gettop(L);

    if (n != 1 && n != 2) {
        return luaL_error(L, "expecting one or two arguments");
    }
    lua_createtable(L, n, 0);
    lua_insert(L, 1);
    if (n == 2) {
        lua_rawseti(L, 1, 2);
    }
    lua_rawseti(L, 1, 1);
    lua_createtable(L, 1, 0);
    lua_insert(L, 1);
    lua_rawseti(L, 1, 1);
    return capture_multi(L);
}

static const luaL_Reg capture_funcs[] = {
    {"capture", capture},
    {"capture_multi", capture_multi},
    {NULL, NULL},
};

void lco_api_open_capture(lua_State *L)
{
    if (luaL_newmetatable(L, holder_meta)) {
        lua_pushcfunction(L, holder_gc);
        lua_setfield(L, -2, "__gc");
    }
    lua_pop(L, 1);
    luaL_newlib(L, capture_funcs);
    lua_setfield(L, -2, "location");
}

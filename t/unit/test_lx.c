/* lx: numbers as text, code as factories, environments, protected calls. */
#include <assert.h>
#include <lualib.h>

#include "lx/lx.h"

#include "tap.h"

/* ---- numbers ---- */

static void num(lua_State *L, const char *expr, const char *want)
{
    char code[80], buf[LX_NUMSIZE], name[100];
    size_t n;

    snprintf(code, sizeof(code), "return %s", expr);
    if (luaL_dostring(L, code)) {
        tap_ok(0, lua_tostring(L, -1));
        return;
    }
    n = lx_num2str(L, -1, buf);
    lua_pop(L, 1);
    snprintf(name, sizeof(name), "%s is written %s", expr, want);
    tap_is(buf, want, name);
    if (n != strlen(want)) {
        tap_ok(0, "length");
    }
}

static void test_numbers(lua_State *L)
{
    num(L, "0", "0");
    num(L, "-7", "-7");
    num(L, "math.maxinteger", "9223372036854775807");
    num(L, "math.mininteger", "-9223372036854775808");
    num(L, "5.0", "5");
    num(L, "60/2", "30");
    num(L, "0.1", "0.1");
    num(L, "1/3", "0.33333333333333");
    num(L, "2.0^53", "9.007199254741e+15");
    num(L, "1e15", "1e+15");
    num(L, "1e100", "1e+100");
    num(L, "-1e-300", "-1e-300");
    num(L, "-0.0", "-0");
    num(L, "1/0", "inf");
    num(L, "-1/0", "-inf");
    num(L, "0/0", "nan");
    num(L, "-(0/0)", "nan");
}

/* ---- code ---- */

typedef struct source {
    const char *code;
    size_t len;
} source;

/* In a protected call: compiles the source at index 1 (light userdata), runs
 * it with the environment at index 2, returns its results. */
static int load_and_run(lua_State *L)
{
    const source *s = lua_touserdata(L, 1);
    int env = 2;

    if (lx_load_factory(L, s->code, s->len, "=site.conf:3") != LUA_OK) {
        return lua_error(L);
    }
    assert(lua_gettop(L) == env + 1);
    lua_pushvalue(L, env);
    lua_call(L, 1, 1);
    lua_call(L, 0, LUA_MULTRET);
    return lua_gettop(L) - env;
}

/* Leaves the result or error message of CODE as a string. */
static const char *run(lua_State *L, const char *code, size_t len)
{
    source s = {code, len};

    lua_settop(L, 0);
    lua_pushcfunction(L, load_and_run);
    lua_pushlightuserdata(L, &s);
    lua_pushglobaltable(L);
    lua_pcall(L, 2, 1, 0);
    return luaL_tolstring(L, -1, NULL);
}

static void code(lua_State *L, const char *text, const char *want)
{
    char name[120];

    snprintf(name, sizeof(name), "code: %s", text);
    name[strcspn(name, "\n")] = '\0';
    tap_is(run(L, text, strlen(text)), want, name);
}

#if LUA_VERSION_NUM >= 504
#define NOT_BINARY "bad binary format (not a binary chunk)"
#define HALF_BINARY "bad binary format (truncated chunk)"
#else
#define NOT_BINARY "not a precompiled chunk"
#define HALF_BINARY "truncated precompiled chunk"
#endif

static void test_code(lua_State *L)
{
    char big[4096];
    const char *dumped;
    size_t len;
    int i;

    code(L, "", "nil");
    code(L, "return 1 + 1", "2");
    code(L, "return select('#', ...)", "0");
    code(L, "return 'last line is a comment' -- so", "last line is a comment");
    code(L, "\xEF\xBB\xBFreturn 'after a mark'", "after a mark");
    code(L, "#!/usr/bin/lua\nreturn debug.getinfo(1, 'l').currentline", "2");
    code(L, "\xEF\xBB\xBF#!x\nerror('here')", "site.conf:3:2: here");
    code(L, "#", "nil");
    code(L, "return debug.getinfo(1, 'l').currentline", "1");
    code(L, "\n\nerror('third')", "site.conf:3:3: third");
    code(L, "x = = 1", "site.conf:3:1: unexpected symbol near '='");
    code(L, "if true then\n\nprint(",
         "site.conf:3:3: unexpected symbol near <eof>");
    code(L, "return 1 end, function()",
         "site.conf:3:1: <eof> expected near "
         "'end'");
    code(L, "end do", "site.conf:3:1: <eof> expected near 'end'");
    code(L, "local x = _ENV return x == _G", "true");
    code(L, "goto done do end ::done:: return 'label'", "label");
    code(L, "\x1bnot luac", "site.conf:3: " NOT_BINARY);

    /* 200 locals are allowed, and stay so */
    len = 0;
    for (i = 0; i < 200; i++) {
        len += (size_t) snprintf(big + len, sizeof(big) - len, "local a%d ", i);
    }
    snprintf(big + len, sizeof(big) - len, "return 'locals'");
    code(L, big, "locals");

    /* luac output: string.dump is the same */
    lua_settop(L, 0);
    if (luaL_dostring(L, "return string.dump(load('return x, ...'))")) {
        tap_ok(0, lua_tostring(L, -1));
    }
    dumped = lua_tolstring(L, 1, &len);
    assert(len < sizeof(big));
    memcpy(big, dumped, len);
    lua_pushinteger(L, 42);
    lua_setglobal(L, "x");
    tap_is(run(L, big, len), "42", "luac output");
    tap_is(run(L, big, len / 2), "site.conf:3: " HALF_BINARY,
           "half of luac output");
    lua_pushnil(L);
    lua_setglobal(L, "x");
    lua_settop(L, 0);
}

/* Two closures of one factory share nothing, source or binary. */
static int separate(lua_State *L)
{
    static const char text[] = "n = (n or 0) + 1 return n";
    size_t len = sizeof(text) - 1;
    const char *bytes = text;
    int i, binary = lua_toboolean(L, 1), sum = 0;

    if (binary) {
        luaL_loadbuffer(L, text, len, "=b");
        lua_getglobal(L, "string");
        lua_getfield(L, -1, "dump");
        lua_pushvalue(L, -3);
        lua_call(L, 1, 1);
        bytes = lua_tolstring(L, -1, &len);
    }
    if (lx_load_factory(L, bytes, len, "=b") != LUA_OK) {
        return lua_error(L);
    }
    for (i = 0; i < 3; i++) {
        lua_pushvalue(L, -1);
        lua_newtable(L);
        lua_call(L, 1, 1);
        lua_pushvalue(L, -1);
        lua_call(L, 0, 1);
        sum = sum * 10 + (int) lua_tointeger(L, -1);
        lua_pop(L, 1);
        lua_call(L, 0, 1);
        sum = sum * 10 + (int) lua_tointeger(L, -1);
        lua_pop(L, 1);
    }
    lua_pushinteger(L, sum);
    return 1;
}

static void test_separate(lua_State *L)
{
    int binary;

    for (binary = 0; binary < 2; binary++) {
        lua_pushcfunction(L, separate);
        lua_pushboolean(L, binary);
        if (lua_pcall(L, 1, 1, 0) != LUA_OK) {
            tap_ok(0, lua_tostring(L, -1));
        }
        tap_is(luaL_tolstring(L, -1, NULL), "121212",
               binary ? "environments apart, luac" : "environments apart");
        lua_settop(L, 0);
    }
}

/* ---- environments ---- */

static char warned[2000];

static void warn(lua_State *L, const char *msg)
{
    (void) L;
    snprintf(warned + strlen(warned), sizeof(warned) - strlen(warned), "%s\n",
             msg);
}

static int open_env(lua_State *L)
{
    lx_env_init(L, warn);
    return 0;
}

/* In a protected call: runs the source at index 1 in a new environment. */
static int run_in_env(lua_State *L)
{
    lua_settop(L, 1);
    lx_push_env(L);
    return load_and_run(L);
}

static void env(lua_State *L, const char *text, const char *want,
                const char *warning)
{
    source s = {text, strlen(text)};
    char name[120];

    warned[0] = '\0';
    lua_settop(L, 0);
    lua_pushcfunction(L, run_in_env);
    lua_pushlightuserdata(L, &s);
    lua_pcall(L, 1, 1, 0);
    snprintf(name, sizeof(name), "environment: %s", text);
    name[strcspn(name, "\n")] = '\0';
    tap_is(luaL_tolstring(L, -1, NULL), want, name);
    warned[strcspn(warned, "\n")] = '\0';
    snprintf(name, sizeof(name), "warning of %s", text);
    name[strcspn(name, "\n")] = '\0';
    tap_is(warned, warning, name);
    lua_settop(L, 0);
}

#define WARNING(name)                                                          \
    "writing a global Lua variable ('" name "') which may lead to race "       \
    "conditions between concurrent requests, so prefer the use of 'local' "    \
    "variables"

static void test_env(lua_State *L)
{
    const char *nl;

    lua_pushcfunction(L, open_env);
    if (lua_pcall(L, 0, 0, 0) != LUA_OK) {
        tap_ok(0, lua_tostring(L, -1));
    }

    env(L, "foo = 1 return foo", "1", WARNING("foo"));
    env(L, "return foo", "nil", "");
    env(L, "_G.foo = 2 return foo", "2", WARNING("foo"));
    env(L, "return _G == _ENV and _G._G == _G", "true", "");
    env(L, "print = 5 return print", "5", WARNING("print"));
    env(L, "return type(print)", "function", "");
    env(L, "rawset(_G, 'a', 1) return a", "1", "");
    env(L, "_G[1.5] = 1 return _G[1.5]", "1", WARNING("1.5"));
    env(L, "return pcall(function() _G[nil] = 1 end)", "false", "");
    env(L, "string.mine = 1 return string.mine", "1", "");

    /* once for each new name, with the line */
    env(L, "-- twice\nfoo = 1\nfoo = 2\nbar = 1", "nil", WARNING("foo"));
    nl = warned + strlen(warned) + 1;
    tap_ok(strncmp(nl, "stack traceback:\n\tsite.conf:3:2: in ", 36) == 0,
           "the warning's traceback begins where the write is");
    tap_ok(strstr(nl, "'foo'") == NULL && strstr(nl, "('bar')") != NULL,
           "one warning for each name");

    tap_ok(luaL_dostring(L, "return rawget(_G, 'foo')") == 0 &&
               lua_isnil(L, -1),
           "the real globals have none of it");
    lua_settop(L, 0);
}

/* ---- calls ---- */

static void test_pcall(lua_State *L)
{
    int status;

    if (luaL_loadbuffer(L, "local a = ... return a, 2", 25, "=c")) {
        tap_ok(0, "load");
    }
    lua_pushinteger(L, 1);
    status = lx_pcall(L, 1, LUA_MULTRET);
    tap_ok(status == LUA_OK && lua_gettop(L) == 2, "pcall returns results");
    lua_settop(L, 0);

    if (luaL_loadbuffer(L, "local function f() error('x') end f()", 37, "=c")) {
        tap_ok(0, "load");
    }
    status = lx_pcall(L, 0, 0);
    tap_ok(status == LUA_ERRRUN && lua_gettop(L) == 1, "pcall fails");
    tap_is(lua_tostring(L, 1),
           "c:1: x\nstack traceback:\n"
           "\t[C]: in function 'error'\n"
           "\tc:1: in local 'f'\n"
           "\tc:1: in main chunk",
           "pcall's message has a traceback");
    lua_settop(L, 0);

    if (luaL_loadbuffer(L, "error({})", 9, "=c")) {
        tap_ok(0, "load");
    }
    status = lx_pcall(L, 0, 0);
    tap_ok(status == LUA_ERRRUN && lua_istable(L, 1),
           "pcall keeps an error that is no string");
    lua_settop(L, 0);
}

static int yielder(lua_State *L)
{
    return lua_yield(L, lua_gettop(L));
}

static void test_resume(lua_State *L)
{
    lua_State *co = lua_newthread(L);
    int n;

    lua_pushliteral(co, "kept");
    lua_pushcfunction(co, yielder);
    lua_pushinteger(co, 1);
    lua_pushinteger(co, 2);
    tap_ok(lx_resume(co, L, 2, &n) == LUA_YIELD && n == 2 &&
               lua_tointeger(co, -1) == 2,
           "resume counts what is yielded");
    lua_pop(co, n);
    lua_pushinteger(co, 3);
    tap_ok(lx_resume(co, L, 1, &n) == LUA_OK && n == 2 &&
               lua_tointeger(co, -1) == 3,
           "at the end what was kept below counts too");
    tap_ok(strcmp(lua_tostring(co, 1), "kept") == 0, "it is still there");
    lua_settop(L, 0);
}

/* ---- out of memory ---- */

typedef struct memory {
    int armed;
    long count, fail_at;
} memory;

static void *limited(void *ud, void *p, size_t old, size_t size)
{
    memory *m = ud;

    if (size == 0) {
        free(p);
        return NULL;
    }
    if (m->armed && (p == NULL || size > old) && ++m->count >= m->fail_at) {
        return NULL;
    }
    return realloc(p, size);
}

static void test_memory(void)
{
    static const char text[] = "local t = {...} y = #t return y";
    memory m = {0, 0, 1};
    source s = {text, sizeof(text) - 1};
    lua_State *L;
    int status = LUA_ERRMEM, good = 1;

    for (; status != LUA_OK && good && m.fail_at < 10000; m.fail_at++) {
        m.armed = 0;
        m.count = 0;
        L = lua_newstate(limited, &m);
        assert(L != NULL);
        luaL_openlibs(L);
        lua_pushcfunction(L, open_env);
        status = lua_pcall(L, 0, 0, 0);
        assert(status == LUA_OK);
        lua_pushcfunction(L, run_in_env);
        lua_pushlightuserdata(L, &s);
        m.armed = 1;
        status = lx_pcall(L, 1, 1);
        m.armed = 0;
        good = (status == LUA_OK || status == LUA_ERRMEM) && lua_gettop(L) == 1;
        lua_close(L);
    }
    tap_ok(good && status == LUA_OK && m.fail_at > 10,
           "each allocation refused: an error each time, then success");
}

int main(void)
{
    lua_State *L = luaL_newstate();

    assert(L != NULL);
    luaL_openlibs(L);
    test_numbers(L);
    test_code(L);
    test_separate(L);
    test_env(L);
    test_pcall(L);
    test_resume(L);
    lua_close(L);
    test_memory();
    return tap_done();
}

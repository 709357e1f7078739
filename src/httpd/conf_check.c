/* Compiles the code of a directive while the configuration is read, so that
 * `apachectl configtest` finds what does not compile.
 *
 * Main thread of the parent.  Each piece gets a Lua state of its own, without
 * libraries, which is closed before the function returns: the
 * parent lives through any number of restarts, and nothing may stay behind.
 */
#include "httpd/conf_code.h"

#include <apr_file_info.h>
#include <apr_strings.h>

#include <lauxlib.h>
#include <lua.h>

/* [-1, +0]  Raises what lua_load says about the code. */
static int load_code(lua_State *L)
{
    const lco_code *code = lua_touserdata(L, 1);
    int rc;

    if (code->file) {
        /* Skips a first line with '#' and takes luac output. */
        rc = luaL_loadfilex(L, code->file, NULL);
    }
    else {
        rc = luaL_loadbufferx(L, code->src, code->len, code->chunkname, "t");
    }
    return rc == LUA_OK ? 0 : lua_error(L);
}

/* Lua opens a directory without complaint and waits for ever on a pipe. */
static const char *check_is_file(apr_pool_t *pool, const char *path)
{
    apr_finfo_t finfo;
    apr_status_t rv = apr_stat(&finfo, path, APR_FINFO_TYPE, pool);

    if (rv != APR_SUCCESS && rv != APR_INCOMPLETE) {
        return apr_psprintf(pool, "cannot open %s: %pm", path, &rv);
    }
    if (finfo.filetype != APR_REG) {
        return apr_psprintf(pool, "cannot open %s: not a file", path);
    }
    return NULL;
}

const char *lco_conf_check_code(apr_pool_t *pool, const lco_code *code)
{
    const char *msg = NULL;
    lua_State *L;

    if (code->file && (msg = check_is_file(pool, code->file))) {
        return msg;
    }
    L = luaL_newstate();
    if (!L) {
        return "not enough memory";
    }
    lua_pushcfunction(L, load_code);
    lua_pushlightuserdata(L, (void *) code);
    if (lua_pcall(L, 1, 0, 0) != LUA_OK) {
        /* A string already, so that this does not allocate. */
        const char *lua_msg = lua_tostring(L, -1);

        msg = apr_pstrdup(pool, lua_msg ? lua_msg : "unknown error");
    }
    lua_close(L);
    return msg;
}

/* The TLS contexts of a VM, made when they are first used.
 *
 * Sections are merged anew in each request, so contexts are found by what the
 * settings say.  A context keeps a copy of them; what they point to is the
 * configuration's.
 *
 * Thread: inside the VM; see sock.h.
 */
#include "api/sock.h"

#include <stdlib.h>
#include <string.h>

#include "io/tls.h"

static const char contexts_key; /* registry */

/* The contexts in use, one for each set of settings. */
typedef struct context {
    struct context *next;
    lco_tls_settings settings;
    SSL_CTX *ctx;
} context;

static const lco_tls_settings no_settings = {.verify_depth = -1, .key_log = -1};

static int contexts_gc(lua_State *L)
{
    context **list = lua_touserdata(L, 1), *c;

    while ((c = *list)) {
        *list = c->next;
        SSL_CTX_free(c->ctx);
        free(c);
    }
    return 0;
}

static int same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static int same_settings(const lco_tls_settings *a, const lco_tls_settings *b)
{
    return a->trusted == b->trusted && a->crls == b->crls &&
           a->certs == b->certs && a->key == b->key &&
           a->verify_depth == b->verify_depth && a->protocols == b->protocols &&
           same_text(a->ciphers, b->ciphers) && a->commands == b->commands &&
           a->key_log == b->key_log;
}

SSL_CTX *lco_sock_tls_context(lua_State *L, const lco_req *req,
                              const char **err)
{
    const lco_tls_settings *s =
        req->dconf->tls ? req->dconf->tls : &no_settings;
    context **list, *c;

    lua_rawgetp(L, LUA_REGISTRYINDEX, &contexts_key);
    list = lua_touserdata(L, -1);
    lua_pop(L, 1);
    for (c = *list; c; c = c->next) {
        if (same_settings(&c->settings, s)) {
            return c->ctx;
        }
    }
    c = malloc(sizeof(*c));
    if (!c) {
        *err = "no memory";
        return NULL;
    }
    c->settings = *s;
    c->ctx = lco_tls_context(&c->settings, err);
    if (!c->ctx) {
        free(c);
        return NULL;
    }
    c->next = *list;
    *list = c;
    return c->ctx;
}

void lco_sock_open_tlsctx(lua_State *L)
{
    *(context **) lx_newuserdata(L, sizeof(context *)) = NULL;
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, contexts_gc);
    lua_setfield(L, -2, "__gc");
    lua_setmetatable(L, -2);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &contexts_key);
}

/* For t/api/sock_ssl.t: what a C function of a script does with OpenSSL.
 *
 *     local store = package.loadlib(FILE, "luaopen_truststore")()
 *     store.new(path)     an X509_STORE * with the certificates of the file
 *     store.free(ptr)
 *     store.count(ctx)    how many certificates an SSL_CTX * trusts
 *     store.cipher(ssl)   the name of an SSL *'s cipher
 */
#include <lauxlib.h>
#include <lua.h>

#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

int luaopen_truststore(lua_State *L);

static int store_new(lua_State *L)
{
    X509_STORE *store = X509_STORE_new();

    if (!store || !X509_STORE_load_file(store, luaL_checkstring(L, 1))) {
        X509_STORE_free(store);
        return luaL_error(L, "no store");
    }
    lua_pushlightuserdata(L, store);
    return 1;
}

static int store_free(lua_State *L)
{
    X509_STORE_free(lua_touserdata(L, 1));
    return 0;
}

static int store_count(lua_State *L)
{
    X509_STORE *store = SSL_CTX_get_cert_store(lua_touserdata(L, 1));
    STACK_OF(X509) *all = X509_STORE_get1_all_certs(store);

    lua_pushinteger(L, sk_X509_num(all));
    sk_X509_pop_free(all, X509_free);
    return 1;
}

static int store_cipher(lua_State *L)
{
    lua_pushstring(L, SSL_get_cipher_name(lua_touserdata(L, 1)));
    return 1;
}

__attribute__((visibility("default"))) int luaopen_truststore(lua_State *L)
{
    static const luaL_Reg funcs[] = {
        {"new", store_new},       {"free", store_free}, {"count", store_count},
        {"cipher", store_cipher}, {NULL, NULL},
    };

    luaL_newlib(L, funcs);
    return 1;
}

/* The C handler that the bench compares with: "hello\n" as text/plain, and
 * nothing that httpd does not do by itself.
 *
 *     SetHandler bench-null
 *     SetHandler bench-null-virtual   and BenchNullVirtual URI-PREFIX
 *
 * What lies below the prefix skips the walk through the file system, as
 * LuaCoVirtual does, by the cheapest test there is: the bench must not flatter
 * the module that it measures.
 *
 * Thread: the worker that runs the request.
 */
#include <string.h>

#include <httpd.h>
#include <http_config.h>
#include <http_protocol.h>
#include <http_request.h>

extern module AP_MODULE_DECLARE_DATA bench_null_module;

typedef struct null_conf {
    const char *prefix;
    size_t len;
} null_conf;

static void *create_server(apr_pool_t *conf_pool, server_rec *s)
{
    (void) s;
    return apr_pcalloc(conf_pool, sizeof(null_conf));
}

static const char *set_prefix(cmd_parms *cmd, void *dummy, const char *prefix)
{
    null_conf *conf =
        ap_get_module_config(cmd->server->module_config, &bench_null_module);

    (void) dummy;
    conf->prefix = prefix;
    conf->len = strlen(prefix);
    return NULL;
}

static int map_to_storage(request_rec *r)
{
    const null_conf *conf =
        ap_get_module_config(r->server->module_config, &bench_null_module);

    return conf->len && strncmp(r->uri, conf->prefix, conf->len) == 0
               ? OK
               : DECLINED;
}

static int handler(request_rec *r)
{
    if (!r->handler || (strcmp(r->handler, "bench-null") != 0 &&
                        strcmp(r->handler, "bench-null-virtual") != 0)) {
        return DECLINED;
    }
    ap_set_content_type(r, "text/plain");
    ap_rputs("hello\n", r);
    return OK;
}

static void register_hooks(apr_pool_t *conf_pool)
{
    (void) conf_pool;
    ap_hook_map_to_storage(map_to_storage, NULL, NULL, APR_HOOK_FIRST);
    ap_hook_handler(handler, NULL, NULL, APR_HOOK_MIDDLE);
}

static const command_rec commands[] = {
    AP_INIT_TAKE1("BenchNullVirtual", set_prefix, NULL, RSRC_CONF,
                  "URIs that begin so have no file behind them"),
    {NULL, {NULL}, NULL, 0, 0, NULL},
};

__attribute__((visibility("default")))
module AP_MODULE_DECLARE_DATA bench_null_module = {
    STANDARD20_MODULE_STUFF, NULL, NULL, create_server, NULL, commands,
    register_hooks,          0};

/* mod_luaco: Lua that waits without blocking, in Apache httpd.
 *
 * This file is the module record and the list of hooks.  src/README.md tells
 * which folder holds what.
 */
#include <httpd.h>
#include <http_config.h>

#include "httpd/conf.h"
#include "httpd/hooks.h"

static void register_hooks(apr_pool_t *conf_pool)
{
    lco_child_hooks();
    lco_park_hooks();
    lco_phase_hooks();
    lco_log_hooks();
    lco_filter_hooks();
    lco_rewrite_hooks();
    lco_internal_hooks();
    lco_authz_hooks(conf_pool);
}

AP_DECLARE_MODULE(luaco) = {
    STANDARD20_MODULE_STUFF,
    lco_conf_create_dir,    /* per directory */
    lco_conf_merge_dir,     /* an inner section's directive wins */
    lco_conf_create_server, /* per server */
    lco_conf_merge_server,  /* virtual hosts inherit */
    lco_conf_cmds,          /* directives */
    register_hooks,         /* hooks */
    0                       /* flags */
};

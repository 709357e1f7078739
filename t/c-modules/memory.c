/* A module for tests: what the process has from malloc(), in KiB.
 *
 * The handler "memory" answers "in_use N" and "mapped N": what malloc() has
 * given and not got back, and, of that, what lies in mappings of its own.
 * APR's pools are of that, with what their allocators keep for the next one.
 */
#include <httpd.h>
#include <http_config.h>
#include <http_protocol.h>

#include <malloc.h>
#include <string.h>

extern __attribute__((visibility("default")))
module AP_MODULE_DECLARE_DATA memory_module;

static int handler(request_rec *r)
{
    struct mallinfo2 m;

    if (!r->handler || strcmp(r->handler, "memory") != 0) {
        return DECLINED;
    }
    m = mallinfo2();
    ap_set_content_type(r, "text/plain");
    ap_rprintf(r, "in_use %" APR_SIZE_T_FMT "\nmapped %" APR_SIZE_T_FMT "\n",
               (m.uordblks + m.hblkhd) / 1024, m.hblkhd / 1024);
    return OK;
}

static void register_hooks(apr_pool_t *pool)
{
    (void) pool;
    ap_hook_handler(handler, NULL, NULL, APR_HOOK_MIDDLE);
}

module AP_MODULE_DECLARE_DATA memory_module = {
    STANDARD20_MODULE_STUFF, NULL, NULL, NULL, NULL, NULL, register_hooks,
#if defined(AP_MODULE_FLAG_NONE)
    AP_MODULE_FLAG_NONE,
#endif
};

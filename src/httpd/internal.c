/* LuaCoInternal: sections that no client reaches by their URI.
 *
 * On workers, when a request's sections are known and nothing of them has run
 * yet; again after each jump.  They are found by the URI that httpd has decoded
 * and cleaned, so that its spelling does not matter.
 */
#include "httpd/hooks.h"

#include <httpd.h>
#include <http_config.h>
#include <http_core.h>
#include <http_log.h>
#include <http_request.h>

#include "httpd/conf.h"
#include "req/req.h"

APLOG_USE_MODULE(luaco);

/* Does r come from the server itself?  As ngx.req.is_internal() has it. */
static int is_internal(request_rec *r)
{
    const lco_req *req;

    if (r->main || r->prev) {
        return 1;
    }
    req = lco_req_find(r);
    return req && req->internal;
}

static int refuse_outsiders(request_rec *r)
{
    if (lco_conf_dir(r->per_dir_config)->internal_on != 1 || is_internal(r)) {
        return DECLINED;
    }
    ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r,
                  "LuaCoInternal: not for requests from outside: %s", r->uri);
    return HTTP_NOT_FOUND;
}

void lco_internal_hooks(void)
{
    ap_hook_post_perdir_config(refuse_outsiders, NULL, NULL,
                               APR_HOOK_REALLY_FIRST - 10);
}

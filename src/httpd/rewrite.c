/* The phases around the search for a request's place: LuaCoServerRewrite
 * before it, LuaCoSet and LuaCoRewrite after it, LuaCoPreContent when all else
 * is settled.
 *
 * On workers.  The places in httpd's hooks are chosen so that a request can be
 * parked in each: ours is the first hook of translate_name, which is asked
 * again after the park and then lets the others go on; it is the last one of
 * post_perdir_config and fixups, so that none is left (rule 19).
 */
#include "httpd/hooks.h"

#include <string.h>

#include <httpd.h>
#include <http_config.h>
#include <http_core.h>
#include <http_log.h>
#include <http_request.h>

#include "httpd/conf.h"
#include "req/drive.h"
#include "req/rest.h"
#include "req/set.h"

APLOG_USE_MODULE(luaco);

/* mod_rewrite's handler that only redirects internally. */
#define REDIRECT_HANDLER "redirect-handler"

static int server_rewrite(request_rec *r)
{
    /* No section may set it: the server's own defaults have it. */
    const lco_code *code = lco_conf_code(
        lco_conf_dir(r->server->lookup_defaults), LCO_PHASE_SERVER_REWRITE);
    lco_req *req;
    int status;

    if (!code) {
        return DECLINED;
    }
    req = lco_req_obtain(r);
    if (!req) {
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    if (req->server_rewritten) {
        return DECLINED; /* after a park or a jump */
    }
    req->server_rewritten = 1;
    status = lco_drive_phase(r, LCO_PHASE_SERVER_REWRITE, code);
    if (status == OK) {
        /* The other hooks look at the sections of the URI as it is now. */
        status = lco_rest_walk(r);
    }
    return status == OK ? DECLINED : status;
}

static int rewrite(request_rec *r)
{
    const lco_dir_conf *d = lco_conf_dir(r->per_dir_config);
    const lco_code *code = lco_conf_code(d, LCO_PHASE_REWRITE);
    int status = OK;

    if (d->sets) {
        status = lco_set_run(r, d->sets);
    }
    if (status == OK && code) {
        status = lco_drive_phase(r, LCO_PHASE_REWRITE, code);
        if (status == OK) {
            status =
                lco_req_find(r)->jump ? lco_rest_jump(r) : lco_rest_remap(r);
        }
    }
    return status == OK ? DECLINED : status;
}

static int precontent(request_rec *r)
{
    static const char done[] = "luaco-precontent";
    const lco_code *code =
        lco_conf_code(lco_conf_dir(r->per_dir_config), LCO_PHASE_PRECONTENT);
    int status;

    /* What is about to be redirected has its content elsewhere. */
    if (!code || (r->handler && strcmp(r->handler, REDIRECT_HANDLER) == 0)) {
        return DECLINED;
    }
    /* A request that took over a subrequest's place (DirectoryIndex,
     * FallbackResource, MultiViews) has its notes too. */
    if (apr_table_get(r->notes, done)) {
        return DECLINED;
    }
    if (r->main) {
        apr_table_setn(r->notes, done, "1");
    }
    status = lco_drive_phase(r, LCO_PHASE_PRECONTENT, code);
    return status == OK ? DECLINED : status;
}

void lco_rewrite_hooks(void)
{
    ap_hook_translate_name(server_rewrite, NULL, NULL,
                           APR_HOOK_REALLY_FIRST - 10);
    ap_hook_post_perdir_config(rewrite, NULL, NULL, APR_HOOK_REALLY_LAST + 10);
    ap_hook_fixups(precontent, NULL, NULL, APR_HOOK_REALLY_LAST + 10);
}

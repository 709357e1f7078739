/* `Require luaco FILE`: an authorization provider in Lua.
 *
 * mod_authz_core asks it in the middle of a Require block, on a worker that
 * waits for the answer, so its Lua holds the thread while it waits.  It runs
 * as a phase of its own, which may do what LuaCoAccess may but answer the
 * request.
 */
#include "httpd/hooks.h"

#include <httpd.h>
#include <ap_provider.h>
#include <apr_strings.h>
#include <http_config.h>
#include <http_core.h>
#include <http_log.h>
#include <http_request.h>
#include <mod_auth.h>

#include "httpd/conf.h"
#include "httpd/conf_code.h"
#include "req/drive.h"

APLOG_USE_MODULE(luaco);

/* The words after "Require luaco", while the configuration is read. */
static const char *parse_require_line(cmd_parms *cmd, const char *line,
                                      const void **parsed)
{
    const char *err = ap_check_cmd_context(cmd, NOT_IN_HTACCESS);
    const char *path = ap_getword_conf(cmd->pool, &line);
    const lco_code *code;

    if (err) {
        return "Require luaco is not allowed in .htaccess";
    }
    if (!*path || *line || ap_cstr_casecmp(path, "None") == 0) {
        return "Require luaco takes one argument, the path of a Lua file";
    }
    err = lco_conf_make_code(cmd, path, LCO_PHASE_AUTHZ, &code);
    *parsed = code;
    return err;
}

/* Is there a user to wait for? */
static int asks_for_user(request_rec *r)
{
    const char *type = ap_auth_type(r);

    return type && ap_cstr_casecmp(type, "None") != 0;
}

static authz_status check_authorization(request_rec *r, const char *line,
                                        const void *parsed)
{
    int status;

    (void) line;
    if (!r->user && asks_for_user(r)) {
        return AUTHZ_DENIED_NO_USER; /* it is asked again when there is one */
    }
    status = lco_drive_phase(r, LCO_PHASE_AUTHZ, parsed);
    if (status == OK) {
        return AUTHZ_GRANTED;
    }
    if (status == DECLINED) {
        return AUTHZ_NEUTRAL;
    }
    if (status >= HTTP_INTERNAL_SERVER_ERROR) {
        return AUTHZ_GENERAL_ERROR;
    }
    ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, r,
                  "Require luaco: ngx.exit(%d) refuses %s", status, r->uri);
    return AUTHZ_DENIED;
}

static const authz_provider provider = {check_authorization,
                                        parse_require_line};

void lco_authz_hooks(apr_pool_t *conf_pool)
{
    (void) ap_register_auth_provider(conf_pool, AUTHZ_PROVIDER_GROUP, "luaco",
                                     AUTHZ_PROVIDER_VERSION, &provider,
                                     AP_AUTH_INTERNAL_PER_CONF);
}

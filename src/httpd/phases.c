/* The request phases of this module, on worker threads. */
#include "httpd/hooks.h"

#include <string.h>

#include <httpd.h>
#include <apr_strings.h>
#include <http_config.h>
#include <http_connection.h>
#include <http_core.h>
#include <http_log.h>
#include <http_protocol.h>
#include <http_request.h>

#include "httpd/conf.h"
#include "req/body.h"
#include "req/capture.h"
#include "req/change.h"
#include "req/drive.h"
#include "req/exec.h"
#include "req/finish.h"
#include "req/head.h"
#include "req/input.h"
#include "req/rest.h"

APLOG_USE_MODULE(luaco);

#define HANDLER_NAME "lua-co-handler"
#define SCRIPT_NAME "lua-co-script"

/* LuaCoVirtual: no file lies behind the location, so the walk through the file
 * system is left out.  httpd has reset r->per_dir_config to the server's
 * before this hook; the location walk is cached, so that asking for it here
 * and again by httpd costs one comparison per section.  What goes to a proxy
 * has its own walk, through <Proxy>. */
static int map_to_storage(request_rec *r)
{
    ap_conf_vector_t *saved = r->per_dir_config;
    int is_virtual;

    if (!lco_conf_any_virtual() || r->method_number == M_TRACE || r->proxyreq ||
        ap_location_walk(r) != OK) {
        r->per_dir_config = saved;
        return DECLINED;
    }
    is_virtual = lco_conf_dir(r->per_dir_config)->virtual_on == 1;
    r->per_dir_config = saved;
    return is_virtual ? OK : DECLINED;
}

static int access_checker(request_rec *r)
{
    const lco_code *code =
        lco_conf_code(lco_conf_dir(r->per_dir_config), LCO_PHASE_ACCESS);
    int status = DECLINED;
    lco_req *req;

    /* As in nginx a capture goes where its parent was let in to ask for it. */
    if (code && !lco_capture_of(r)) {
        req = lco_req_obtain(r);
        if (!req) {
            return HTTP_INTERNAL_SERVER_ERROR;
        }
        if (!req->asked_again || req->checked != code) {
            req->asked_again = 0;
            req->checked = code;
            status = lco_drive_phase(r, LCO_PHASE_ACCESS, code);
            if (status == OK) {
                status = lco_rest_recheck(r);
            }
        }
    }
    if (status == OK || status == DECLINED || status == SUSPENDED ||
        status == HTTP_UNAUTHORIZED || status == HTTP_FORBIDDEN) {
        return status;
    }
    req = lco_req_find(r);
    if (req) {
        req->access_verdict = status;
    }
    return status;
}

/* Under `Satisfy any` httpd goes on to the password when access_checker says
 * anything but OK.  A refusal (401, 403) is meant to be outvoted so; a response
 * that was sent, an error or another status is the end of the request. */
static int access_checker_ex(request_rec *r)
{
    const lco_req *req = lco_req_find(r);

    return req && req->access_verdict ? req->access_verdict : DECLINED;
}

/* Before LuaCoHandler, mod_negotiation (in this hook, MultiViews) and mod_dir
 * (in fixups: slash redirect, DirectoryIndex, FallbackResource) are kept away,
 * and no type is guessed: they act on a directory or a missing file only. */
static int type_checker(request_rec *r)
{
    lco_req *req;

    if (!lco_conf_code(lco_conf_dir(r->per_dir_config), LCO_PHASE_HANDLER) ||
        (r->finfo.filetype != APR_NOFILE && r->finfo.filetype != APR_DIR)) {
        return DECLINED;
    }
    req = lco_req_obtain(r);
    if (!req) {
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    req->real_filetype = r->finfo.filetype;
    req->filetype_hidden = 1;
    r->finfo.filetype = APR_UNKFILE;
    return DECLINED;
}

/* LuaCoHandler makes itself the handler as SetHandler does: what comes later,
 * a RewriteRule in a directory, may still choose another. */
static int fixups(request_rec *r)
{
    const lco_req *req = lco_req_find(r);

    if (req && req->mime) {
        /* mod_mime has been asked since LuaCoAccess ran. */
        ap_set_content_type(r, req->mime);
    }
    if (lco_conf_code(lco_conf_dir(r->per_dir_config), LCO_PHASE_HANDLER)) {
        r->handler = HANDLER_NAME;
    }
    return DECLINED;
}

static int run_script(request_rec *r)
{
    lco_code *code;

    if (r->finfo.filetype == APR_NOFILE) {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r, "script not found: %s",
                      r->filename);
        return HTTP_NOT_FOUND;
    }
    if (r->finfo.filetype == APR_DIR) {
        return DECLINED;
    }
    code = apr_pcalloc(r->pool, sizeof(*code));
    code->phase = LCO_PHASE_HANDLER;
    code->slot = -1;
    code->file = r->filename;
    code->chunkname = apr_pstrcat(r->pool, "@", r->filename, NULL);
    return lco_drive_phase(r, LCO_PHASE_HANDLER, code);
}

static int handler(request_rec *r)
{
    const lco_dir_conf *d = lco_conf_dir(r->per_dir_config);
    const lco_code *code = lco_conf_code(d, LCO_PHASE_HANDLER);
    lco_req *req;

    req = lco_req_find(r);
    if (req && req->filetype_hidden) {
        r->finfo.filetype = req->real_filetype;
        req->filetype_hidden = 0;
    }
    if (!r->handler || (req && req->declined)) {
        return DECLINED;
    }
    if (strcmp(r->handler, SCRIPT_NAME) == 0) {
        return run_script(r);
    }
    if (!code || strcmp(r->handler, HANDLER_NAME) != 0) {
        return DECLINED;
    }
    if (code->needs_file && d->virtual_on != 1 &&
        r->finfo.filetype == APR_NOFILE) {
        ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r,
                      "LuaCoHandler: file does not exist: %s", r->filename);
        return HTTP_NOT_FOUND;
    }
    return lco_drive_phase(r, LCO_PHASE_HANDLER, code);
}

static int log_transaction(request_rec *r)
{
    const lco_code *code;

    while (r->next) {
        r = r->next; /* what an internal redirect ended at */
    }
    code = lco_conf_code(lco_conf_dir(r->per_dir_config), LCO_PHASE_LOG);
    if (code) {
        lco_drive_call(r, LCO_PHASE_LOG, code);
    }
    return DECLINED;
}

void lco_phase_hooks(void)
{
    static const char *const after_core[] = {"core.c", NULL};
    static const char *const before_log[] = {"mod_log_config.c", NULL};

    lco_input_register();
    lco_body_filter_register();
    lco_head_register();
    lco_change_register();
    ap_hook_quick_handler(lco_exec_quick, NULL, NULL,
                          APR_HOOK_REALLY_FIRST - 10);
    lco_capture_register();
    ap_hook_pre_connection(lco_head_connect, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_pre_read_request(lco_head_begin, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_insert_filter(lco_change_insert, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_map_to_storage(map_to_storage, NULL, NULL, APR_HOOK_FIRST);
    /* Last, so that every other check has been asked once before a request is
     * parked here and none is asked twice (rule 19). */
    ap_hook_access_checker(access_checker, NULL, NULL,
                           APR_HOOK_REALLY_LAST + 10);
    ap_hook_access_checker_ex(access_checker_ex, NULL, NULL,
                              APR_HOOK_REALLY_FIRST - 10);
    ap_hook_type_checker(type_checker, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_fixups(fixups, after_core, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_insert_filter(lco_body_insert_filter, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_handler(handler, NULL, NULL, APR_HOOK_REALLY_FIRST);
    /* Before the access log is written, as in nginx: what the Lua sets can
     * stand in it. */
    ap_hook_log_transaction(log_transaction, NULL, before_log, APR_HOOK_MIDDLE);
    /* After mod_logio's, whose byte count it wants. */
    ap_hook_log_transaction(lco_finish_log, NULL, NULL, APR_HOOK_REALLY_LAST);
}

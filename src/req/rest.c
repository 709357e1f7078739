/* The rest of httpd's request phases after a parked one, and the way back to
 * the first of them.
 *
 * httpd offers no way to enter ap_process_request_internal() in the middle, so
 * what follows the hooks of a phase there is done here, by the same hooks in
 * the same order with the same treatment of their answers (server/request.c
 * of 2.4.x; rule 19).  t/phase/hooks.t compares the hook order of a parked and
 * an unparked request.  Runs on a worker.  A request gets here only if it may
 * be parked: it is no subrequest, and the target of an internal redirect only
 * if ngx.exec led there (lco_conn_can_park), after which the access checks are
 * never left out; so what request.c does for the others is not done here.  The
 * exceptions are lco_rest_jump() and lco_rest_named(), for any request.
 */
#include "req/rest.h"

#include <string.h>

#include <apr_strings.h>
#include <http_config.h>
#include <http_core.h>
#include <http_log.h>
#include <http_protocol.h>
#include <http_request.h>
#include <mod_proxy.h>

#include "req/req.h"

APLOG_USE_MODULE(luaco);

/* As many jumps as nginx allows. */
#define MAX_JUMPS 10

/* A phase that nobody wants to decide is a configuration error. */
static int decided(int status, const char *phase, request_rec *r)
{
    if (status == DECLINED) {
        ap_log_rerror(APLOG_MARK, APLOG_CRIT, 0, r,
                      "configuration error: couldn't %s: %s", phase, r->uri);
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    ap_log_rerror(APLOG_MARK, APLOG_TRACE3, 0, r,
                  "auth phase '%s' gave status %d: %s", phase, status, r->uri);
    return status;
}

/* ---- from the URI to its sections ---- */

static int walk(request_rec *r)
{
    core_dir_config *core;
    int status = ap_location_walk(r);

    if (status == OK) {
        status = ap_if_walk(r);
    }
    if (status == OK) {
        core = ap_get_core_module_config(r->per_dir_config);
        if (core->log) {
            r->log = core->log;
        }
    }
    return status;
}

/* Lua may have written any path.  What sections and files are looked for by is
 * free of "." and ".." segments, as a client's is. */
static int clean_uri(request_rec *r)
{
    lco_req *req = lco_req_find(r);
    char *uri;

    if (!req || !req->uri_changed) {
        return OK;
    }
    req->uri_changed = 0;
    uri = apr_pstrdup(r->pool, r->uri);
    if (!ap_normalize_path(uri, AP_NORMALIZE_NOT_ABOVE_ROOT)) {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
                      "luaco: no path of this server: \"%s\"", r->uri);
        return HTTP_BAD_REQUEST;
    }
    r->uri = uri;
    return OK;
}

int lco_rest_walk(request_rec *r)
{
    int status = clean_uri(r);

    if (status != OK) {
        return status;
    }
    r->per_dir_config = r->server->lookup_defaults;
    return walk(r);
}

/* Finds the file or backend of r->filename, and the sections: those of PLACE,
 * whatever r->uri is. */
static int map_in(request_rec *r, const char *place)
{
    char *uri = r->uri;
    int status;

    r->uri = (char *) place;
    r->per_dir_config = r->server->lookup_defaults;
    status = ap_run_map_to_storage(r);
    if (status == OK) {
        status = walk(r);
    }
    r->uri = uri;
    return status;
}

/* From the translate_name hooks to the post_perdir_config hooks. */
static int locate(request_rec *r)
{
    int status = ap_run_translate_name(r);

    if (status != OK) {
        return decided(status, "translate", r);
    }
    status = map_in(r, r->uri);
    return status == OK ? ap_run_post_perdir_config(r) : status;
}

/* What httpd's own modules keep about where a URI led.  The first one would
 * keep mod_rewrite from looking at the new URI. */
static const char *const notes_of_uri[] = {
    "mod_rewrite_rewritten", "mod_rewrite_uri_reduced", "alias-forced-type",
    "mod_userdir_user",      "proxy-nocanon",           "proxy-noquery",
    "proxy-noencode",
};

static void forget_place(request_rec *r)
{
    core_request_config *core = ap_get_core_module_config(r->request_config);
    size_t i;

    r->filename = NULL;
    r->canonical_filename = NULL;
    r->path_info = NULL;
    r->handler = NULL;
    r->proxyreq = PROXYREQ_NONE;
    r->used_path_info = AP_REQ_DEFAULT_PATH_INFO;
    memset(&r->finfo, 0, sizeof(r->finfo));
    core->document_root = NULL;
    core->context_document_root = NULL;
    core->context_prefix = NULL;
    for (i = 0; i < sizeof(notes_of_uri) / sizeof(notes_of_uri[0]); i++) {
        apr_table_unset(r->notes, notes_of_uri[i]);
    }
}

static int cycle(request_rec *r)
{
    ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
                  "rewrite or internal redirection cycle while processing "
                  "\"%s\"",
                  r->uri);
    return HTTP_INTERNAL_SERVER_ERROR;
}

int lco_rest_jump(request_rec *r)
{
    lco_req *req = lco_req_find(r);
    int status;

    req->jump = 0;
    req->named = NULL;
    if (++req->jumps > MAX_JUMPS) {
        return cycle(r);
    }
    forget_place(r);
    status = lco_rest_walk(r);
    return status == OK ? locate(r) : status;
}

/* A request that went to a backend and would be one for a file now stays with
 * the backend: BEFORE is the filename that mod_proxy gave it. */
static void keep_backend(request_rec *r, const char *before)
{
    const char *host = strstr(before, "://");

    if (r->proxyreq == PROXYREQ_NONE && host) {
        host += 3;
        host += strcspn(host, "/");
        r->filename = apr_pstrcat(
            r->pool, apr_pstrmemdup(r->pool, before, (size_t) (host - before)),
            r->uri, NULL);
        r->handler = "proxy-server";
        r->proxyreq = PROXYREQ_REVERSE;
    }
}

int lco_rest_remap(request_rec *r)
{
    lco_req *req = lco_req_find(r);
    const char *before = r->proxyreq == PROXYREQ_REVERSE ? r->filename : NULL;
    int status;

    if (!req->uri_changed || r->proxyreq == PROXYREQ_PROXY) {
        return OK;
    }
    status = clean_uri(r);
    if (status != OK) {
        return status;
    }
    forget_place(r);
    status = ap_run_translate_name(r);
    if (status != OK) {
        return decided(status, "translate", r);
    }
    if (before) {
        keep_backend(r, before);
    }
    /* The file's or backend's sections are those of the new URI, the location's
     * those of the old one, in which the request stays. */
    req->place_kept = 1;
    return map_in(r, req->place_uri);
}

/* ---- access ---- */

/* Authentication and authorization; OK: the request may go on. */
static int authenticate(request_rec *r)
{
    int status = ap_run_check_user_id(r);

    if (status != OK) {
        return decided(status, "check user", r);
    }
    if (!r->user) {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
                      "no authentication done but request not allowed without "
                      "authentication for %s. Authentication not configured?",
                      r->uri);
        return decided(HTTP_INTERNAL_SERVER_ERROR, "check user", r);
    }
    status = ap_run_auth_checker(r);
    return status == OK ? OK : decided(status, "check authorization", r);
}

/* What the access_checker hooks have not settled alone. */
static int check_access(request_rec *r)
{
    int status = ap_run_access_checker_ex(r);

    if (status == DECLINED || (status == OK && ap_run_force_authn(r) == OK)) {
        return authenticate(r);
    }
    return status == OK ? OK : decided(status, "check access", r);
}

static int check_all_access(request_rec *r)
{
    int status;

    if (r->user && apr_table_get(r->notes, AP_GET_BASIC_AUTH_PW_NOTE)) {
        r->user = NULL; /* a module asked for the password too early */
    }
    status = ap_run_access_checker(r);
    if (ap_satisfies(r) == SATISFY_ANY) {
        return status == OK ? OK : check_access(r);
    }
    return status == OK ? check_access(r)
                        : decided(status, "check access (with Satisfy All)", r);
}

/* Under SATISFY_ANY the first answer was a vote, of which the Lua's was the
 * last. */
int lco_rest_recheck(request_rec *r)
{
    lco_req *req = lco_req_find(r);
    int was_any, status;

    if (!req || !req->uri_changed || r->main) {
        return OK;
    }
    was_any = ap_satisfies(r) == SATISFY_ANY;
    status = ++req->rechecks > MAX_JUMPS ? cycle(r) : lco_rest_remap(r);
    if (status != OK) {
        req->access_verdict = status; /* which no other check may overrule */
        return status;
    }
    req->asked_again = 1;
    status = ap_run_access_checker(r);
    req->asked_again = 0;
    if (was_any && status != SUSPENDED && ap_satisfies(r) != SATISFY_ANY) {
        /* httpd goes on by the old rule, that one vote is enough: so a refusal
         * is made final, and a consent none, that the users are asked. */
        if (status != OK) {
            req->access_verdict = status;
        }
        else {
            status = HTTP_FORBIDDEN;
        }
    }
    return status;
}

/* ---- from a phase on ---- */

static int find_type_and_fix_up(request_rec *r)
{
    int status = ap_run_type_checker(r);

    if (status != OK) {
        return decided(status, "find types", r);
    }
    status = ap_run_fixups(r);
    if (status != OK) {
        ap_log_rerror(APLOG_MARK, APLOG_TRACE3, 0, r, "fixups hook gave %d: %s",
                      status, r->uri);
    }
    return status;
}

int lco_rest_of_phases(request_rec *r, lco_phase phase)
{
    int status = OK;

    if (phase >= LCO_PHASE_PRECONTENT) {
        return OK;
    }
    if (phase == LCO_PHASE_SERVER_REWRITE) {
        /* Our own hook, the first one, lets the others go on this time. */
        status = lco_rest_walk(r);
        if (status == OK) {
            status = locate(r);
        }
    }
    else if (phase == LCO_PHASE_REWRITE && lco_req_find(r)->jump) {
        status = lco_rest_jump(r);
    }
    else if (phase == LCO_PHASE_REWRITE) {
        status = lco_rest_remap(r);
    }
    else if (phase == LCO_PHASE_ACCESS) {
        status = lco_rest_recheck(r);
        if (status != OK && status != SUSPENDED) {
            status = decided(status, "check access (with Satisfy All)", r);
        }
    }
    if (status == OK && phase <= LCO_PHASE_REWRITE) {
        status = ap_run_header_parser(r);
    }
    if (status == OK) {
        status =
            phase <= LCO_PHASE_REWRITE ? check_all_access(r) : check_access(r);
    }
    return status == OK ? find_type_and_fix_up(r) : status;
}

/* ---- named locations ---- */

/* What ProxyPass in the section of r, found by name, makes of a URI that is
 * not its own: as if it were there. */
static int is_proxied_place(request_rec *r)
{
    const module *proxy = ap_find_linked_module("mod_proxy.c");
    const proxy_dir_conf *conf =
        proxy ? ap_get_module_config(r->per_dir_config, proxy) : NULL;

    return conf && conf->alias;
}

static int translate_named(request_rec *r, const char *name)
{
    char *uri = r->uri, *unparsed = r->unparsed_uri;
    int status;

    if (!is_proxied_place(r)) {
        return ap_run_translate_name(r);
    }
    r->uri = apr_pstrcat(r->pool, name, uri, NULL);
    r->unparsed_uri = apr_pstrcat(r->pool, name, unparsed, NULL);
    status = ap_run_translate_name(r);
    r->uri = uri;
    r->unparsed_uri = unparsed;
    return status;
}

int lco_rest_named(request_rec *r)
{
    const char *name = lco_req_find(r)->named;
    char *uri = r->uri;
    int status;

    r->uri = (char *) name;
    r->per_dir_config = r->server->lookup_defaults;
    status = walk(r);
    r->uri = uri;
    if (status != OK) {
        return status;
    }
    status = translate_named(r, name);
    if (status != OK) {
        return decided(status, "translate", r);
    }
    status = map_in(r, name);
    if (status == OK) {
        status = ap_run_post_perdir_config(r);
    }
    if (status == OK && !r->main) {
        status = ap_run_header_parser(r);
    }
    if (status == OK) {
        status = check_all_access(r);
    }
    return status == OK ? find_type_and_fix_up(r) : status;
}

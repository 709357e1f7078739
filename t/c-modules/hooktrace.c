/* A module for tests: which hooks httpd calls for a request, in order.
 *
 * Each request ends with one line in the error log,
 *     hooktrace: GET /uri: translate_name map_to_storage access_checker ...
 * where "sub:" stands before what a subrequest ran and "redir:" before what
 * ran after an internal redirect.  A hook's place in the order of modules
 * stands behind it where the module has several: fixups.first, fixups.last.
 *
 * Two request headers make it decide something: X-Force-Authn asks for a user
 * where none is needed, X-No-User says that there is one and names none.
 */
#include <httpd.h>
#include <apr_strings.h>
#include <http_config.h>
#include <http_core.h>
#include <http_log.h>
#include <http_protocol.h>
#include <http_request.h>

extern __attribute__((visibility("default")))
module AP_MODULE_DECLARE_DATA hooktrace_module;

static request_rec *top_of(request_rec *r)
{
    while (r->main || r->prev) {
        r = r->main ? r->main : r->prev;
    }
    return r;
}

static void note(request_rec *r, const char *hook)
{
    request_rec *top = top_of(r);
    const char *old =
        ap_get_module_config(top->request_config, &hooktrace_module);
    const char *kind = r->main ? "sub:" : r->prev ? "redir:" : "";

    ap_set_module_config(top->request_config, &hooktrace_module,
                         apr_pstrcat(top->pool, old ? old : "", old ? " " : "",
                                     kind, hook, NULL));
}

#define HOOK(name, label)                                                      \
    static int name(request_rec *r)                                            \
    {                                                                          \
        note(r, label);                                                        \
        return DECLINED;                                                       \
    }

HOOK(post_read_request, "post_read_request")
HOOK(translate_name, "translate_name")
HOOK(map_to_storage, "map_to_storage")
HOOK(post_perdir_config, "post_perdir_config")
HOOK(header_parser, "header_parser")
HOOK(access_checker_first, "access_checker.first")
HOOK(access_checker_last, "access_checker.last")
HOOK(access_checker_ex_first, "access_checker_ex.first")
HOOK(access_checker_ex_last, "access_checker_ex.last")
HOOK(check_user_id_last, "check_user_id.last")
HOOK(auth_checker_first, "auth_checker.first")
HOOK(auth_checker_last, "auth_checker.last")
HOOK(type_checker_first, "type_checker.first")
HOOK(type_checker_last, "type_checker.last")
HOOK(fixups_first, "fixups.first")
HOOK(fixups_middle, "fixups.middle")
HOOK(fixups_last, "fixups.last")
HOOK(handler_first, "handler.first")
HOOK(handler_last, "handler.last")

static int force_authn(request_rec *r)
{
    note(r, "force_authn");
    return apr_table_get(r->headers_in, "X-Force-Authn") ? OK : DECLINED;
}

static int check_user_id_first(request_rec *r)
{
    note(r, "check_user_id.first");
    return apr_table_get(r->headers_in, "X-No-User") ? OK : DECLINED;
}

static void insert_filter(request_rec *r)
{
    note(r, "insert_filter");
}

static void insert_error_filter(request_rec *r)
{
    note(r, "insert_error_filter");
}

static int log_transaction(request_rec *r)
{
    note(r, "log_transaction");
    ap_log_rerror(APLOG_MARK, APLOG_NOTICE, 0, r, "hooktrace: %s %s: %s",
                  r->method, r->unparsed_uri,
                  (const char *) ap_get_module_config(r->request_config,
                                                      &hooktrace_module));
    return DECLINED;
}

static void register_hooks(apr_pool_t *conf_pool)
{
    (void) conf_pool;
#define AT(hook, fn, order) ap_hook_##hook(fn, NULL, NULL, APR_HOOK_##order)
    AT(post_read_request, post_read_request, REALLY_FIRST);
    AT(translate_name, translate_name, REALLY_FIRST);
    AT(map_to_storage, map_to_storage, REALLY_FIRST);
    AT(post_perdir_config, post_perdir_config, REALLY_FIRST);
    AT(header_parser, header_parser, REALLY_FIRST);
    AT(access_checker, access_checker_first, REALLY_FIRST);
    AT(access_checker, access_checker_last, REALLY_LAST);
    AT(access_checker_ex, access_checker_ex_first, REALLY_FIRST);
    AT(access_checker_ex, access_checker_ex_last, REALLY_LAST);
    AT(force_authn, force_authn, REALLY_FIRST);
    AT(check_user_id, check_user_id_first, REALLY_FIRST);
    AT(check_user_id, check_user_id_last, REALLY_LAST);
    AT(auth_checker, auth_checker_first, REALLY_FIRST);
    AT(auth_checker, auth_checker_last, REALLY_LAST);
    AT(type_checker, type_checker_first, REALLY_FIRST);
    AT(type_checker, type_checker_last, REALLY_LAST);
    AT(fixups, fixups_first, REALLY_FIRST);
    AT(fixups, fixups_middle, MIDDLE);
    AT(fixups, fixups_last, REALLY_LAST);
    AT(insert_filter, insert_filter, REALLY_FIRST);
    AT(insert_error_filter, insert_error_filter, REALLY_FIRST);
    AT(handler, handler_first, REALLY_FIRST);
    AT(handler, handler_last, REALLY_LAST);
    AT(log_transaction, log_transaction, REALLY_FIRST);
#undef AT
}

AP_DECLARE_MODULE(hooktrace) = {
    STANDARD20_MODULE_STUFF, NULL, NULL, NULL, NULL, NULL, register_hooks,
    AP_MODULE_FLAG_NONE};

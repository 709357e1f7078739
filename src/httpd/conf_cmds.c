/* The directives: their table, and the functions that check and keep what they
 * say.  docs/directives.md describes each.
 *
 * Main thread of the parent, while httpd walks the directive tree.  None of
 * them may stand in .htaccess, not even where AllowOverrideList names it,
 * which the override flags alone would let pass.
 */
#include "httpd/conf.h"
#include "httpd/conf_code.h"
#include "httpd/conf_sock.h"
#include "httpd/conf_ssl.h"

#include <limits.h>
#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include <http_core.h>
#include <http_main.h>

enum {
    /* For what applies to requests: anywhere but in .htaccess. */
    IN_SECTIONS = RSRC_CONF | ACCESS_CONF,
    /* For what applies to the server as a whole. */
    IN_SERVER = RSRC_CONF
};

/* ---- code ---- */

static const char *set_code(cmd_parms *cmd, const char *args, lco_phase phase,
                            unsigned forbidden, const lco_code **place)
{
    const char *err = ap_check_cmd_context(cmd, forbidden | NOT_IN_HTACCESS);
    const char *path;

    if (err) {
        return err;
    }
    if (*place) {
        return lco_conf_say_duplicate(cmd, NULL);
    }
    if (cmd->directive->data) {
        return lco_conf_make_code(cmd, NULL, phase, place);
    }
    path = ap_getword_conf(cmd->pool, &args);
    if (!*path || *args) {
        return apr_pstrcat(cmd->pool, cmd->cmd->name, " takes one argument, ",
                           cmd->cmd->errmsg, NULL);
    }
    return lco_conf_make_code(cmd, path, phase, place);
}

/* A phase of requests; its number is the command's data. */
static const char *set_request_code(cmd_parms *cmd, void *dconf,
                                    const char *args)
{
    lco_dir_conf *d = dconf;
    lco_phase phase = (lco_phase) (apr_uintptr_t) cmd->info;

    return set_code(cmd, args, phase, NOT_IN_LIMIT | NOT_IN_PROXY,
                    &d->code[phase]);
}

/* Before a request's place is known no section can have a say. */
static const char *set_server_code(cmd_parms *cmd, void *dconf,
                                   const char *args)
{
    lco_dir_conf *d = dconf;
    lco_phase phase = (lco_phase) (apr_uintptr_t) cmd->info;

    return set_code(cmd, args, phase, NOT_IN_DIR_CONTEXT, &d->code[phase]);
}

static const char *set_init(cmd_parms *cmd, void *dconf, const char *args)
{
    (void) dconf;
    return set_code(cmd, args, LCO_PHASE_INIT, GLOBAL_ONLY,
                    &lco_conf_server(cmd->server)->init);
}

static const char *set_init_worker(cmd_parms *cmd, void *dconf,
                                   const char *args)
{
    (void) dconf;
    return set_code(cmd, args, LCO_PHASE_INIT_WORKER, GLOBAL_ONLY,
                    &lco_conf_server(cmd->server)->init_worker);
}

static const char *set_exit_worker(cmd_parms *cmd, void *dconf,
                                   const char *args)
{
    (void) dconf;
    return set_code(cmd, args, LCO_PHASE_EXIT_WORKER, GLOBAL_ONLY,
                    &lco_conf_server(cmd->server)->exit_worker);
}

/* ---- settings of sections ---- */

static const char *set_flag(cmd_parms *cmd, void *dconf, int on)
{
    const char *err = ap_check_cmd_context(cmd, NOT_IN_LIMIT | NOT_IN_PROXY |
                                                    NOT_IN_HTACCESS);

    if (!err && on &&
        cmd->info == (void *) APR_OFFSETOF(lco_dir_conf, virtual_on)) {
        lco_conf_note_virtual();
    }
    return err ? err : ap_set_flag_slot(cmd, dconf, on);
}

static const char *set_code_cache(cmd_parms *cmd, void *dconf, const char *arg)
{
    lco_dir_conf *d = dconf;
    const char *err = ap_check_cmd_context(cmd, NOT_IN_LIMIT | NOT_IN_PROXY |
                                                    NOT_IN_HTACCESS);

    if (err) {
        return err;
    }
    if (ap_cstr_casecmp(arg, "On") == 0) {
        d->code_cache = LCO_CACHE_ON;
    }
    else if (ap_cstr_casecmp(arg, "Off") == 0) {
        d->code_cache = LCO_CACHE_OFF;
    }
    else if (ap_cstr_casecmp(arg, "Stat") == 0) {
        d->code_cache = LCO_CACHE_STAT;
    }
    else {
        return apr_psprintf(cmd->pool, "%s must be On, Off or Stat, not '%s'",
                            cmd->cmd->name, arg);
    }
    return NULL;
}

/* ---- settings of the server ---- */

/* The whole number ARG from MIN to MAX: digits only. */
const char *lco_conf_parse_count(cmd_parms *cmd, const char *arg, int min,
                                 int max, int *result)
{
    apr_int64_t n = 0;
    const char *p = arg;

    while (apr_isdigit(*p) && n <= max) {
        n = n * 10 + (*p++ - '0');
    }
    if (p == arg || *p || n < min || n > max) {
        return apr_psprintf(cmd->pool,
                            "%s must be a whole number from %d to %d, not '%s'",
                            cmd->cmd->name, min, max, arg);
    }
    *result = (int) n;
    return NULL;
}

static const char *set_vms(cmd_parms *cmd, void *dconf, const char *arg)
{
    const char *err = ap_check_cmd_context(cmd, GLOBAL_ONLY);

    (void) dconf;
    return err ? err
               : lco_conf_parse_count(cmd, arg, 1, 1024,
                                      &lco_conf_server(cmd->server)->vms);
}

static const char *set_thread_cache(cmd_parms *cmd, void *dconf,
                                    const char *arg)
{
    const char *err = ap_check_cmd_context(cmd, GLOBAL_ONLY);

    (void) dconf;
    return err ? err
               : lco_conf_parse_count(
                     cmd, arg, 0, 1000000,
                     &lco_conf_server(cmd->server)->thread_cache_max);
}

static const char *set_regex_cache(cmd_parms *cmd, void *dconf, const char *arg)
{
    const char *err = ap_check_cmd_context(cmd, GLOBAL_ONLY);

    (void) dconf;
    return err ? err
               : lco_conf_parse_count(
                     cmd, arg, 0, 1000000,
                     &lco_conf_server(cmd->server)->regex_cache_max);
}

static const char *set_regex_match_limit(cmd_parms *cmd, void *dconf,
                                         const char *arg)
{
    const char *err = ap_check_cmd_context(cmd, GLOBAL_ONLY);

    (void) dconf;
    return err ? err
               : lco_conf_parse_count(
                     cmd, arg, 0, INT_MAX,
                     &lco_conf_server(cmd->server)->regex_match_limit);
}

static const char *set_capture_threads(cmd_parms *cmd, void *dconf,
                                       const char *arg)
{
    const char *err = ap_check_cmd_context(cmd, GLOBAL_ONLY);

    (void) dconf;
    return err ? err
               : lco_conf_parse_count(
                     cmd, arg, 1, 10000,
                     &lco_conf_server(cmd->server)->capture_threads);
}

/* Bytes: a number, which may end in k or m. */
static const char *parse_size(cmd_parms *cmd, const char *arg,
                              apr_off_t *result)
{
    apr_off_t n = 0, unit = 1;
    const char *p;

    for (p = arg; *p >= '0' && *p <= '9' && n < APR_INT32_MAX; p++) {
        n = n * 10 + (*p - '0');
    }
    if (p != arg && (*p == 'k' || *p == 'K')) {
        unit = 1024;
        p++;
    }
    else if (p != arg && (*p == 'm' || *p == 'M')) {
        unit = 1048576;
        p++;
    }
    if (p == arg || *p || n * unit > APR_INT32_MAX) {
        return apr_psprintf(cmd->pool,
                            "%s must be a size such as 8192, 16k or 1m, below "
                            "2g, not '%s'",
                            cmd->cmd->name, arg);
    }
    *result = n * unit;
    return NULL;
}

static const char *set_body_buffer_size(cmd_parms *cmd, void *dconf,
                                        const char *arg)
{
    const char *err = ap_check_cmd_context(cmd, NOT_IN_LIMIT | NOT_IN_PROXY |
                                                    NOT_IN_HTACCESS);

    return err ? err
               : parse_size(cmd, arg,
                            &((lco_dir_conf *) dconf)->body_buffer_size);
}

/* A time in httpd's units.  ap_timeout_parameter_parse() alone would take
 * "5sheep", "" and " s". */
const char *lco_conf_parse_time(cmd_parms *cmd, const char *arg,
                                apr_interval_time_t *result)
{
    static const char *const units[] = {"", "ms", "s", "mi", "min", "h"};
    const char *unit = arg + strspn(arg, "0123456789");
    apr_size_t i = 0;

    while (i < sizeof(units) / sizeof(units[0]) &&
           strcmp(unit, units[i]) != 0) {
        i++;
    }
    if (unit == arg || i == sizeof(units) / sizeof(units[0]) ||
        ap_timeout_parameter_parse(arg, result, "s") != APR_SUCCESS) {
        return apr_psprintf(cmd->pool,
                            "%s must be a time such as 10, 500ms or 2min, "
                            "not '%s'",
                            cmd->cmd->name, arg);
    }
    return NULL;
}

static const char *set_shutdown_timeout(cmd_parms *cmd, void *dconf,
                                        const char *arg)
{
    const char *err = ap_check_cmd_context(cmd, GLOBAL_ONLY);

    (void) dconf;
    return err ? err
               : lco_conf_parse_time(
                     cmd, arg, &lco_conf_server(cmd->server)->shutdown_timeout);
}

/* Replaces "$prefix" and "${prefix}" in a search path by ServerRoot, as
 * lua-nginx-module does by its prefix. */
static const char *expand_prefix(apr_pool_t *conf_pool, const char *path)
{
    static const char *const words[] = {"${prefix}", "$prefix"};
    const char *out = "";
    const char *dollar;

    while ((dollar = strchr(path, '$'))) {
        apr_size_t i;
        apr_size_t len = 1;
        const char *with = "$";

        for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
            if (strncmp(dollar, words[i], strlen(words[i])) == 0) {
                len = strlen(words[i]);
                with = ap_server_root;
                break;
            }
        }
        out = apr_psprintf(conf_pool, "%s%.*s%s", out, (int) (dollar - path),
                           path, with);
        path = dollar + len;
    }
    return apr_pstrcat(conf_pool, out, path, NULL);
}

static const char *set_package_path(cmd_parms *cmd, void *dconf,
                                    const char *arg)
{
    const char *err = ap_check_cmd_context(cmd, GLOBAL_ONLY);

    (void) dconf;
    if (!err) {
        lco_conf_server(cmd->server)->package_path =
            expand_prefix(cmd->pool, arg);
    }
    return err;
}

static const char *set_package_cpath(cmd_parms *cmd, void *dconf,
                                     const char *arg)
{
    const char *err = ap_check_cmd_context(cmd, GLOBAL_ONLY);

    (void) dconf;
    if (!err) {
        lco_conf_server(cmd->server)->package_cpath =
            expand_prefix(cmd->pool, arg);
    }
    return err;
}

static const char *set_numbers(cmd_parms *cmd, void *dconf, const char *arg)
{
    const char *err = ap_check_cmd_context(cmd, GLOBAL_ONLY);
    lco_server_conf *c = lco_conf_server(cmd->server);

    (void) dconf;
    if (err) {
        return err;
    }
    if (ap_cstr_casecmp(arg, "luajit") == 0) {
        c->numbers_lua = 0;
    }
    else if (ap_cstr_casecmp(arg, "lua") == 0) {
        c->numbers_lua = 1;
    }
    else {
        return apr_psprintf(cmd->pool, "%s must be luajit or lua, not '%s'",
                            cmd->cmd->name, arg);
    }
    return NULL;
}

/* ---- the table ---- */

/* A code directive: file form and block form. */
#define CODE(name, set, phase, where, help)                                    \
    AP_INIT_RAW_ARGS(name, set, (void *) (apr_uintptr_t) (phase), where,       \
                     "the path of a Lua file, or None: " help),                \
        AP_INIT_RAW_ARGS("<" name, lco_conf_read_block, NULL,                  \
                         (where) | EXEC_ON_READ, "Lua code: " help)

#define FLAG_OF_DIR(name, field, help)                                         \
    AP_INIT_FLAG(name, set_flag, (void *) APR_OFFSETOF(lco_dir_conf, field),   \
                 IN_SECTIONS, help)

const command_rec lco_conf_cmds[] = {
    CODE("LuaCoInit", set_init, LCO_PHASE_INIT, IN_SERVER,
         "run once per VM before the children are made"),
    CODE("LuaCoInitWorker", set_init_worker, LCO_PHASE_INIT_WORKER, IN_SERVER,
         "run once per VM in each child"),
    CODE("LuaCoExitWorker", set_exit_worker, LCO_PHASE_EXIT_WORKER, IN_SERVER,
         "run once per VM when a child ends"),
    CODE("LuaCoServerRewrite", set_server_code, LCO_PHASE_SERVER_REWRITE,
         IN_SERVER, "run before the request's place is looked for"),
    AP_INIT_RAW_ARGS("LuaCoSet", lco_conf_add_set, NULL, IN_SECTIONS,
                     "a variable, the path of a Lua file or None, and "
                     "expressions: gives the variable a value"),
    AP_INIT_RAW_ARGS("<LuaCoSet", lco_conf_read_block, (void *) 1,
                     IN_SECTIONS | EXEC_ON_READ,
                     "a variable and expressions: Lua code that gives the "
                     "variable a value"),
    CODE("LuaCoRewrite", set_request_code, LCO_PHASE_REWRITE, IN_SECTIONS,
         "run when the request's place is known"),
    CODE("LuaCoAccess", set_request_code, LCO_PHASE_ACCESS, IN_SECTIONS,
         "decides on access to the request"),
    CODE("LuaCoPreContent", set_request_code, LCO_PHASE_PRECONTENT, IN_SECTIONS,
         "run before the request is answered"),
    CODE("LuaCoHandler", set_request_code, LCO_PHASE_HANDLER, IN_SECTIONS,
         "answers the request"),
    CODE("LuaCoHeaderFilter", set_request_code, LCO_PHASE_HEADER_FILTER,
         IN_SECTIONS, "run before the headers of a response are sent"),
    CODE("LuaCoBodyFilter", set_request_code, LCO_PHASE_BODY_FILTER,
         IN_SECTIONS, "run for each piece of a response's body"),
    CODE("LuaCoLog", set_request_code, LCO_PHASE_LOG, IN_SECTIONS,
         "run when the request is logged"),

    FLAG_OF_DIR("LuaCoVirtual", virtual_on,
                "On: there are no files behind this location"),
    FLAG_OF_DIR("LuaCoInternal", internal_on,
                "On: internal redirects and subrequests only; 404 for others"),
    FLAG_OF_DIR("LuaCoCheckClientAbort", check_client_abort,
                "On: a request's Lua ends when its client goes away"),
    FLAG_OF_DIR("LuaCoUseDefaultType", use_default_type,
                "Off: a response without a type gets none"),
    FLAG_OF_DIR("LuaCoNeedRequestBody", need_request_body,
                "On: the request body is read before the request's Lua runs"),
    AP_INIT_TAKE1("LuaCoBodyBufferSize", set_body_buffer_size, NULL,
                  IN_SECTIONS,
                  "request bodies beyond this size are kept in a file"),
    FLAG_OF_DIR("LuaCoTransformUnderscoresInResponseHeaders",
                transform_underscores,
                "Off: an underscore in a name of ngx.header stays one"),
    FLAG_OF_DIR("LuaCoHttp10Buffering", http10_buffering,
                "Off: Lua's output to HTTP/1.0 clients is sent as it comes"),
    AP_INIT_TAKE1("LuaCoCodeCache", set_code_cache, NULL, IN_SECTIONS,
                  "On, Off (compile at each request) or Stat (compile when "
                  "the file is newer)"),

    LCO_CONF_SOCK_CMDS(IN_SECTIONS),
    LCO_CONF_SSL_CMDS(IN_SECTIONS),

    AP_INIT_TAKE1("LuaCoVMs", set_vms, NULL, IN_SERVER,
                  "Lua VMs in each child process"),
    AP_INIT_TAKE1("LuaCoPackagePath", set_package_path, NULL, IN_SERVER,
                  "package.path; ;; stands for the default"),
    AP_INIT_TAKE1("LuaCoPackageCPath", set_package_cpath, NULL, IN_SERVER,
                  "package.cpath; ;; stands for the default"),
    AP_INIT_TAKE1("LuaCoThreadCacheMaxEntries", set_thread_cache, NULL,
                  IN_SERVER, "finished coroutines that a VM keeps for reuse"),
    AP_INIT_TAKE1("LuaCoRegexCacheMaxEntries", set_regex_cache, NULL, IN_SERVER,
                  "patterns that a VM keeps for the option o of ngx.re"),
    AP_INIT_TAKE1("LuaCoRegexMatchLimit", set_regex_match_limit, NULL,
                  IN_SERVER, "how much a match of ngx.re may try; 0: PCRE2's"),
    AP_INIT_TAKE1("LuaCoCaptureThreads", set_capture_threads, NULL, IN_SERVER,
                  "threads of a child for captures of what is not Lua"),
    AP_INIT_TAKE1("LuaCoShutdownTimeout", set_shutdown_timeout, NULL, IN_SERVER,
                  "how long a stopping child waits for its requests"),
    AP_INIT_TAKE1("LuaCoCaptureErrorLog", lco_conf_set_capture_log, NULL,
                  IN_SERVER, "how much of the error log ngx.errlog keeps"),
    AP_INIT_TAKE2("LuaCoSharedDict", lco_conf_add_shared, NULL, IN_SERVER,
                  "a name and a size: memory with keys and values that all "
                  "children share, ngx.shared.NAME"),
    AP_INIT_TAKE1("LuaCoNumbers", set_numbers, NULL, IN_SERVER,
                  "luajit or lua: how floats are written and taken"),
    {.name = NULL},
};

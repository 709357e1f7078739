/* The directive LuaCoSet: a variable, its code, and the arguments of that.
 *
 * Main thread of the parent, while httpd walks the directive tree.
 */
#include "httpd/conf_code.h"

#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include <http_core.h>
#include <http_log.h>

#include "req/vars.h"

APLOG_USE_MODULE(luaco);

/* NULL, or why NAME is no variable that can be given a value. */
static const char *check_name(cmd_parms *cmd, const char *name)
{
    const char *p = name;

    while (apr_isalnum(*p) || *p == '_') {
        p++;
    }
    if (*p || p == name || apr_isdigit(*name)) {
        return apr_psprintf(cmd->pool,
                            "%s: '%s' is no name of a variable (letters, "
                            "digits, underscores)",
                            cmd->cmd->name, name);
    }
    if (lco_var_settable(name) != LCO_VAR_SET) {
        return apr_psprintf(cmd->pool,
                            "%s: '%s' is a variable that cannot be given a "
                            "value",
                            cmd->cmd->name, name);
    }
    return NULL;
}

/* Each word of ARGS is an expression that gives a string. */
static const char *parse_args(cmd_parms *cmd, lco_set *set, const char *args)
{
    apr_array_header_t *exprs =
        apr_array_make(cmd->pool, 2, sizeof(const ap_expr_info_t *));
    const char *err;

    while (*args) {
        const char *word = ap_getword_conf(cmd->pool, &args);

        APR_ARRAY_PUSH(exprs, const ap_expr_info_t *) = ap_expr_parse_cmd(
            cmd, word, AP_EXPR_FLAG_STRING_RESULT, &err, NULL);
        if (err) {
            return apr_psprintf(cmd->pool, "%s: cannot parse '%s': %s",
                                cmd->cmd->name, word, err);
        }
    }
    set->args = (const ap_expr_info_t **) exprs->elts;
    set->nargs = exprs->nelts;
    return NULL;
}

const char *lco_conf_add_set(cmd_parms *cmd, void *dconf, const char *args)
{
    lco_dir_conf *d = dconf;
    apr_array_header_t *sets;
    lco_set set = {.var = NULL};
    const char *path = NULL;
    const char *err = ap_check_cmd_context(cmd, NOT_IN_LIMIT | NOT_IN_PROXY |
                                                    NOT_IN_HTACCESS);
    int i;

    if (err) {
        return err;
    }
    set.var = ap_getword_conf(cmd->pool, &args);
    if (!cmd->directive->data) {
        path = ap_getword_conf(cmd->pool, &args);
        if (!*path) {
            return apr_pstrcat(cmd->pool, cmd->cmd->name, " takes ",
                               cmd->cmd->errmsg, NULL);
        }
    }
    err = check_name(cmd, set.var);
    if (!err) {
        err = lco_conf_make_code(cmd, path, LCO_PHASE_SET, &set.code);
    }
    if (!err) {
        err = parse_args(cmd, &set, args);
    }
    if (err) {
        return err;
    }
    /* Still this section's own, not merged with any. */
    sets = d->sets ? apr_array_copy(cmd->pool, d->sets)
                   : apr_array_make(cmd->pool, 2, sizeof(lco_set));
    for (i = 0; i < sets->nelts; i++) {
        if (strcmp(APR_ARRAY_IDX(sets, i, lco_set).var, set.var) == 0) {
            return lco_conf_say_duplicate(cmd, set.var);
        }
    }
    APR_ARRAY_PUSH(sets, lco_set) = set;
    d->sets = sets;
    return NULL;
}

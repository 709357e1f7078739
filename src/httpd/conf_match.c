/* The pattern of the <LocationMatch> in which a code directive stands, for the
 * captures that Lua asks for by number: httpd keeps only the named ones.
 *
 * Main thread of the parent, while the configuration is read.
 */
#include "httpd/conf_code.h"

#include <apr_lib.h>
#include <apr_strings.h>

#include <string.h>

/* The section's pattern, of POOL; NULL: it has none. */
static const char *pattern_of(apr_pool_t *pool, const ap_directive_t *d)
{
    const char *args = d->args;
    char *pattern;
    size_t len;

    if (ap_cstr_casecmp(d->directive, "<LocationMatch") != 0) {
        if (ap_cstr_casecmp(d->directive, "<Location") != 0) {
            return NULL;
        }
        while (apr_isspace(*args)) {
            args++;
        }
        if (*args++ != '~') {
            return NULL;
        }
    }
    /* up to the end of the tag */
    pattern = apr_pstrdup(pool, args);
    len = strlen(pattern);
    while (len && apr_isspace(pattern[len - 1])) {
        len--;
    }
    if (len && pattern[len - 1] == '>') {
        len--;
    }
    pattern[len] = '\0';
    args = pattern;
    return ap_getword_conf(pool, &args);
}

const ap_regex_t *lco_conf_match(cmd_parms *cmd)
{
    const ap_directive_t *d;
    const char *pattern;

    for (d = cmd->directive->parent; d; d = d->parent) {
        pattern = pattern_of(cmd->temp_pool, d);
        if (pattern) {
            return ap_pregcomp(cmd->pool, pattern, AP_REG_EXTENDED);
        }
    }
    return NULL;
}

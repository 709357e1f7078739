/* LuaCoCaptureErrorLog, and the hook that hands the log's lines over.
 *
 * The directive: main thread of the parent.  The hook: any thread.
 */
#include "httpd/conf_code.h"
#include "httpd/hooks.h"
#include "vm/errlog.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <http_core.h>

enum {
    /* a line, or a few short ones */
    MIN_SIZE = 4096
};

const char *lco_conf_set_capture_log(cmd_parms *cmd, void *dconf,
                                     const char *arg)
{
    const char *err = ap_check_cmd_context(cmd, GLOBAL_ONLY);
    apr_int64_t size = 0;
    const char *p = arg;

    (void) dconf;
    if (err) {
        return err;
    }
    while (apr_isdigit(*p) && size < APR_INT32_MAX) {
        size = size * 10 + (*p++ - '0');
    }
    if (p != arg && (*p == 'k' || *p == 'K')) {
        size *= 1024;
        p++;
    }
    else if (p != arg && (*p == 'm' || *p == 'M')) {
        size *= 1024 * 1024;
        p++;
    }
    if (p == arg || *p || size < MIN_SIZE || size > APR_INT32_MAX) {
        return apr_psprintf(cmd->pool,
                            "%s must be a size from 4k on such as 32k or 1m, "
                            "below 2g, not '%s'",
                            cmd->cmd->name, arg);
    }
    lco_conf_server(cmd->server)->capture_log = (apr_size_t) size;
    return NULL;
}

static void on_line(const ap_errorlog_info *info, const char *line)
{
    lco_errlog_put(info->level, line);
}

void lco_log_hooks(void)
{
    ap_hook_error_log(on_line, NULL, NULL, APR_HOOK_MIDDLE);
}

/* The directives of cosockets.
 *
 * Main thread of the parent, while httpd walks the directive tree; the merge
 * on any thread, in each request.
 */
#include "httpd/conf_sock.h"

#include "httpd/conf_code.h"
#include "io/addr.h"
#include "io/resolver.h"

#include <apr_strings.h>
#include <http_core.h>

#include <string.h>

static const char *check_place(cmd_parms *cmd)
{
    return ap_check_cmd_context(cmd,
                                NOT_IN_LIMIT | NOT_IN_PROXY | NOT_IN_HTACCESS);
}

const char *lco_conf_set_sock_time(cmd_parms *cmd, void *dconf, const char *arg)
{
    apr_size_t at = (apr_size_t) cmd->info;
    apr_interval_time_t *field =
        (apr_interval_time_t *) (void *) ((char *) dconf + at);
    const char *err = check_place(cmd);

    if (!err) {
        err = lco_conf_parse_time(cmd, arg, field);
    }
    if (!err && *field == 0 &&
        at != APR_OFFSETOF(lco_dir_conf, sock_keepalive_timeout)) {
        return apr_psprintf(cmd->pool, "%s must be more than 0",
                            cmd->cmd->name);
    }
    return err;
}

const char *lco_conf_set_sock_pool_size(cmd_parms *cmd, void *dconf,
                                        const char *arg)
{
    lco_dir_conf *d = dconf;
    const char *err = check_place(cmd);

    return err ? err
               : lco_conf_parse_count(cmd, arg, 0, 1000000, &d->sock_pool_size);
}

/* A number of bytes, with "k" or "m" behind it: 1 to 64m. */
const char *lco_conf_set_sock_buffer_size(cmd_parms *cmd, void *dconf,
                                          const char *arg)
{
    const apr_int64_t max = 64 * 1024 * 1024;
    lco_dir_conf *d = dconf;
    const char *err = check_place(cmd), *p = arg;
    apr_int64_t n = 0;

    if (err) {
        return err;
    }
    while (*p >= '0' && *p <= '9' && n <= max) {
        n = n * 10 + (*p++ - '0');
    }
    if (p > arg && (*p == 'k' || *p == 'K')) {
        n *= 1024;
        p++;
    }
    else if (p > arg && (*p == 'm' || *p == 'M')) {
        n *= 1024 * 1024;
        p++;
    }
    if (p == arg || *p || n < 1 || n > max) {
        return apr_psprintf(cmd->pool,
                            "%s must be a size from 1 to 64m, not '%s'",
                            cmd->cmd->name, arg);
    }
    d->sock_buffer_size = (int) n;
    return NULL;
}

/* LuaCoResolver ADDR[:PORT]...: addresses, not names, since who would resolve
 * them; or None for the system's. */
const char *lco_conf_set_resolver(cmd_parms *cmd, void *dconf, const char *arg)
{
    lco_dir_conf *d = dconf;
    const char *err = check_place(cmd);
    lco_target t;

    if (err) {
        return err;
    }
    if (ap_cstr_casecmp(arg, "None") == 0) {
        d->resolver = "";
        return NULL;
    }
    err = lco_target_parse(&t, arg, strlen(arg), 53);
    if (err || t.addr.len == 0 || lco_addr_is_unix(&t.addr)) {
        return apr_psprintf(cmd->pool,
                            "%s must be an address such as 192.0.2.1, "
                            "192.0.2.1:53 or [2001:db8::1]:53, not '%s'",
                            cmd->cmd->name, arg);
    }
    d->resolver = d->resolver && *d->resolver
                      ? apr_pstrcat(cmd->pool, d->resolver, ",", arg, NULL)
                      : apr_pstrdup(cmd->pool, arg);
    return NULL;
}

static apr_interval_time_t time_of(apr_interval_time_t base,
                                   apr_interval_time_t add)
{
    return add == LCO_UNSET ? base : add;
}

static int int_of(int base, int add)
{
    return add == LCO_UNSET ? base : add;
}

void lco_conf_merge_sock(lco_dir_conf *d, const lco_dir_conf *base,
                         const lco_dir_conf *add)
{
    d->sock_connect_timeout =
        time_of(base->sock_connect_timeout, add->sock_connect_timeout);
    d->sock_send_timeout =
        time_of(base->sock_send_timeout, add->sock_send_timeout);
    d->sock_read_timeout =
        time_of(base->sock_read_timeout, add->sock_read_timeout);
    d->sock_keepalive_timeout =
        time_of(base->sock_keepalive_timeout, add->sock_keepalive_timeout);
    d->sock_pool_size = int_of(base->sock_pool_size, add->sock_pool_size);
    d->sock_buffer_size = int_of(base->sock_buffer_size, add->sock_buffer_size);
    d->resolver = add->resolver ? add->resolver : base->resolver;
    d->resolver_timeout =
        time_of(base->resolver_timeout, add->resolver_timeout);
    d->sock_log_errors = int_of(base->sock_log_errors, add->sock_log_errors);
}

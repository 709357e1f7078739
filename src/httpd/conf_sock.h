/* The directives of cosockets, for the table in conf_cmds.c.
 *
 * Main thread of the parent, while the configuration is read.
 */
#ifndef LCO_HTTPD_CONF_SOCK_H
#define LCO_HTTPD_CONF_SOCK_H

#include "httpd/conf.h"

/* A time of lco_dir_conf, at the offset that is the command's data. */
const char *lco_conf_set_sock_time(cmd_parms *cmd, void *dconf,
                                   const char *arg);
const char *lco_conf_set_sock_pool_size(cmd_parms *cmd, void *dconf,
                                        const char *arg);
const char *lco_conf_set_sock_buffer_size(cmd_parms *cmd, void *dconf,
                                          const char *arg);

const char *lco_conf_set_resolver(cmd_parms *cmd, void *dconf, const char *arg);

/* The fields of cosockets: what ADD has, else what BASE has. */
void lco_conf_merge_sock(lco_dir_conf *d, const lco_dir_conf *base,
                         const lco_dir_conf *add);

#define LCO_CONF_SOCK_TIME(name, field, where, help)                           \
    AP_INIT_TAKE1(name, lco_conf_set_sock_time,                                \
                  (void *) APR_OFFSETOF(lco_dir_conf, field), where, help)

#define LCO_CONF_SOCK_CMDS(where)                                              \
    LCO_CONF_SOCK_TIME("LuaCoSocketConnectTimeout", sock_connect_timeout,      \
                       where, "how long a cosocket's connect() may take"),     \
        LCO_CONF_SOCK_TIME("LuaCoSocketSendTimeout", sock_send_timeout, where, \
                           "how long a cosocket's peer may take nothing"),     \
        LCO_CONF_SOCK_TIME("LuaCoSocketReadTimeout", sock_read_timeout, where, \
                           "how long a cosocket's peer may send nothing"),     \
        LCO_CONF_SOCK_TIME("LuaCoSocketKeepaliveTimeout",                      \
                           sock_keepalive_timeout, where,                      \
                           "how long a connection stays in a pool; 0: no "     \
                           "limit"),                                           \
        AP_INIT_TAKE1("LuaCoSocketPoolSize", lco_conf_set_sock_pool_size,      \
                      NULL, where, "idle connections that a pool keeps"),      \
        AP_INIT_TAKE1("LuaCoSocketBufferSize", lco_conf_set_sock_buffer_size,  \
                      NULL, where, "what a cosocket reads at a time"),         \
        AP_INIT_ITERATE("LuaCoResolver", lco_conf_set_resolver, NULL, where,   \
                        "the addresses of name servers for cosockets, or "     \
                        "None for the system's"),                              \
        LCO_CONF_SOCK_TIME("LuaCoResolverTimeout", resolver_timeout, where,    \
                           "how long a name may take to be resolved"),         \
        FLAG_OF_DIR("LuaCoSocketLogErrors", sock_log_errors,                   \
                    "Off: failures of cosockets are not logged")

#endif

/* The hooks, one function per part.  Called once, by register_hooks. */
#ifndef LCO_HTTPD_HOOKS_H
#define LCO_HTTPD_HOOKS_H

#include <apr_pools.h>
#include <httpd.h>

/* pre_config, post_config, child_init, child_stopping (child.c). */
void lco_child_hooks(void);
/* process_connection, suspend, resume, pre_close, the gate (park.c). */
void lco_park_hooks(void);
/* Request phases: map_to_storage, access, fixups, handler, log (phases.c). */
void lco_phase_hooks(void);
void lco_log_hooks(void);
/* The output filters (filters.c). */
void lco_filter_hooks(void);
/* LuaCoServerRewrite, LuaCoSet, LuaCoRewrite, LuaCoPreContent (rewrite.c). */
void lco_rewrite_hooks(void);
/* LuaCoInternal (internal.c). */
void lco_internal_hooks(void);
/* Require luaco (authz.c). */
void lco_authz_hooks(apr_pool_t *conf_pool);

/* post_config, before the VMs are made: gives each LuaCoSharedDict its memory
 * (shared.c).  Logs and returns 0 on failure. */
int lco_shared_create(server_rec *s);

#endif

/* Configuration: what the directives of docs/directives.md leave behind.
 *
 * Made and merged by conf.c while httpd starts (main thread of the parent),
 * read-only afterwards, any thread.  All memory is of the configuration pool.
 */
#ifndef LCO_HTTPD_CONF_H
#define LCO_HTTPD_CONF_H

#include <httpd.h>
#include <ap_expr.h>
#include <apr_tables.h>
#include <http_config.h>

/* The one exported symbol: everything else is compiled hidden. */
extern __attribute__((visibility("default")))
module AP_MODULE_DECLARE_DATA luaco_module;

/* The code directives, in phase order.  lco_phase_names[] has the directive
 * names, lco_phase_words[] what ngx.get_phase() says. */
typedef enum lco_phase {
    LCO_PHASE_INIT,
    LCO_PHASE_INIT_WORKER,
    LCO_PHASE_EXIT_WORKER,
    LCO_PHASE_SERVER_REWRITE,
    LCO_PHASE_SET,
    LCO_PHASE_REWRITE,
    LCO_PHASE_ACCESS,
    LCO_PHASE_AUTHZ, /* Require luaco: no directive of ours */
    LCO_PHASE_PRECONTENT,
    LCO_PHASE_HANDLER,
    LCO_PHASE_HEADER_FILTER,
    LCO_PHASE_BODY_FILTER,
    LCO_PHASE_LOG,
    LCO_PHASE_BALANCER,
    LCO_PHASE_TIMER,
    LCO_PHASES
} lco_phase;

extern const char *const lco_phase_names[LCO_PHASES]; /* "LuaCoInit", ... */
extern const char *const lco_phase_words[LCO_PHASES]; /* "init", ... */

/* One piece of Lua code from a directive. */
typedef struct lco_code {
    lco_phase phase;
    int slot;         /* index of its factory in each VM's code cache */
    const char *file; /* path of a Lua file, or NULL for a block */
    const char *src;  /* the block's text, byte for byte */
    apr_size_t len;
    const char *chunkname; /* "=LuaCoHandler(httpd.conf:40)" or "@/path" */
    const char *conf_file; /* where the directive stands */
    int conf_line;
    const ap_regex_t *match; /* of the <LocationMatch> it stands in, or NULL */
    unsigned needs_file : 1; /* LuaCoHandler in <Directory>/<Files>: the mapped
                                file must exist unless LuaCoVirtual is on */
} lco_code;

/* `LuaCoHandler None` */
extern const lco_code lco_code_none;

typedef struct lco_tls_settings lco_tls_settings;

enum {
    LCO_UNSET = -1
};

/* One LuaCoSet. */
typedef struct lco_set {
    const char *var;
    const lco_code *code; /* &lco_code_none: takes an outer one away */
    int nargs;
    const ap_expr_info_t **args;
} lco_set;

typedef enum lco_code_cache {
    LCO_CACHE_ON,
    LCO_CACHE_OFF,
    LCO_CACHE_STAT
} lco_code_cache;

typedef struct lco_dir_conf {
    const lco_code *code[LCO_PHASES]; /* NULL: not set here */
    const apr_array_header_t *sets;   /* of lco_set, in order; NULL: none */
    int virtual_on;                   /* flags: LCO_UNSET, 0 or 1 */
    int internal_on;
    int check_client_abort;
    int use_default_type;
    int need_request_body;
    apr_off_t body_buffer_size; /* bytes, or LCO_UNSET */
    int code_cache;             /* lco_code_cache or LCO_UNSET */
    int transform_underscores;
    int http10_buffering;
    /* Cosockets; LCO_UNSET: see lco_conf_sock_*() below. */
    apr_interval_time_t sock_connect_timeout, sock_send_timeout,
        sock_read_timeout, sock_keepalive_timeout; /* the last: 0: none */
    int sock_pool_size, sock_buffer_size, sock_log_errors;
    const char
        *resolver; /* "ADDR[:PORT],..."; NULL: not set; "": the system's */
    apr_interval_time_t resolver_timeout;
    const lco_tls_settings *tls; /* io/tls.h; NULL: nothing set */
} lco_dir_conf;

/* One LuaCoSharedDict. */
typedef struct lco_shared {
    const char *name;
    apr_uint64_t size;     /* bytes */
    struct lco_dict *dict; /* shm/dict.h; set in post_config */
} lco_shared;

typedef struct lco_server_conf {
    const lco_code *init, *init_worker, *exit_worker; /* main server only */
    int vms; /* LCO_UNSET: one per processor / 1 on prefork; the number from
                post_config on */
    const char *package_path, *package_cpath; /* as package.path; ";;" inside
                                                 stands for the default */
    int thread_cache_max;                     /* default 1024 */
    apr_interval_time_t
        shutdown_timeout;   /* LCO_UNSET: GracefulShutdownTimeout */
    int numbers_lua;        /* LuaCoNumbers lua */
    apr_size_t capture_log; /* LuaCoCaptureErrorLog: bytes, 0: off */
    int regex_cache_max;    /* default 1024 */
    int regex_match_limit;  /* default 0: PCRE2's */
    /* of lco_shared; NULL: none */
    apr_array_header_t *shared;
    int capture_threads; /* default 16 */
} lco_server_conf;

/* The effective code of PHASE for a directory configuration, or NULL. */
static inline const lco_code *lco_conf_code(const lco_dir_conf *d,
                                            lco_phase phase)
{
    const lco_code *c = d->code[phase];
    return c == &lco_code_none ? NULL : c;
}

/* The LuaCoSocket* settings with their defaults. */
static inline apr_interval_time_t lco_conf_sock_time(apr_interval_time_t t)
{
    return t == LCO_UNSET ? apr_time_from_sec(60) : t;
}
static inline apr_interval_time_t
lco_conf_resolver_timeout(const lco_dir_conf *d)
{
    return d->resolver_timeout == LCO_UNSET ? apr_time_from_sec(30)
                                            : d->resolver_timeout;
}
static inline int lco_conf_sock_pool_size(const lco_dir_conf *d)
{
    return d->sock_pool_size == LCO_UNSET ? 30 : d->sock_pool_size;
}
static inline int lco_conf_sock_buffer_size(const lco_dir_conf *d)
{
    return d->sock_buffer_size == LCO_UNSET ? 4096 : d->sock_buffer_size;
}

lco_dir_conf *lco_conf_dir(ap_conf_vector_t *per_dir_config);
lco_server_conf *lco_conf_server(server_rec *s);
/* Is LuaCoVirtual On anywhere?  If not, no request needs to be asked. */
int lco_conf_any_virtual(void);
/* How many code slots the configuration has; slots count from 0. */
int lco_conf_slots(void);
const lco_code *lco_conf_slot(int i);

void *lco_conf_create_dir(apr_pool_t *conf_pool, char *dir);
void *lco_conf_merge_dir(apr_pool_t *conf_pool, void *base, void *add);
void *lco_conf_create_server(apr_pool_t *conf_pool, server_rec *s);
void *lco_conf_merge_server(apr_pool_t *conf_pool, void *base, void *add);
extern const command_rec lco_conf_cmds[];
/* Forgets the slots of an earlier configuration pass; pre_config hook. */
int lco_conf_pre_config(apr_pool_t *conf_pool, apr_pool_t *plog,
                        apr_pool_t *ptemp);

#endif

/* Configuration records: create, merge, and the list of code slots.
 *
 * Runs in the main thread of the parent while httpd starts; the merge of
 * directory configurations also runs on any thread, in each request.
 *
 * Hard part: httpd reads its configuration twice at start and again at each
 * restart, so that what is kept in static variables has to be forgotten in
 * pre_config, which comes after the text was read into the directive tree and
 * before the tree is walked.  Slots are therefore taken in the walk.
 */
#include "httpd/conf.h"
#include "httpd/conf_code.h"
#include "httpd/conf_sock.h"
#include "httpd/conf_ssl.h"

#include <apr_hash.h>
#include <apr_strings.h>
#include <apr_tables.h>

#include <string.h>

const char *const lco_phase_names[LCO_PHASES] = {
    [LCO_PHASE_INIT] = "LuaCoInit",
    [LCO_PHASE_INIT_WORKER] = "LuaCoInitWorker",
    [LCO_PHASE_EXIT_WORKER] = "LuaCoExitWorker",
    [LCO_PHASE_SERVER_REWRITE] = "LuaCoServerRewrite",
    [LCO_PHASE_SET] = "LuaCoSet",
    [LCO_PHASE_REWRITE] = "LuaCoRewrite",
    [LCO_PHASE_ACCESS] = "LuaCoAccess",
    [LCO_PHASE_AUTHZ] = "Require luaco",
    [LCO_PHASE_PRECONTENT] = "LuaCoPreContent",
    [LCO_PHASE_HANDLER] = "LuaCoHandler",
    [LCO_PHASE_HEADER_FILTER] = "LuaCoHeaderFilter",
    [LCO_PHASE_BODY_FILTER] = "LuaCoBodyFilter",
    [LCO_PHASE_LOG] = "LuaCoLog",
    [LCO_PHASE_BALANCER] = "LuaCoBalancer",
    [LCO_PHASE_TIMER] = "ngx.timer",
};

const char *const lco_phase_words[LCO_PHASES] = {
    [LCO_PHASE_INIT] = "init",
    [LCO_PHASE_INIT_WORKER] = "init_worker",
    [LCO_PHASE_EXIT_WORKER] = "exit_worker",
    [LCO_PHASE_SERVER_REWRITE] = "server_rewrite",
    [LCO_PHASE_SET] = "set",
    [LCO_PHASE_REWRITE] = "rewrite",
    [LCO_PHASE_ACCESS] = "access",
    [LCO_PHASE_AUTHZ] = "access",
    [LCO_PHASE_PRECONTENT] = "precontent",
    [LCO_PHASE_HANDLER] = "content",
    [LCO_PHASE_HEADER_FILTER] = "header_filter",
    [LCO_PHASE_BODY_FILTER] = "body_filter",
    [LCO_PHASE_LOG] = "log",
    [LCO_PHASE_BALANCER] = "balancer",
    [LCO_PHASE_TIMER] = "timer",
};

const lco_code lco_code_none = {.slot = -1, .src = ""};

/* The slots of the configuration that is being read or in use. */
static apr_array_header_t *slots;
static apr_hash_t *slot_of_file;
static int any_virtual;

/* What a section without directives of ours has. */
static const lco_dir_conf nothing = {
    .virtual_on = LCO_UNSET,
    .internal_on = LCO_UNSET,
    .check_client_abort = LCO_UNSET,
    .use_default_type = LCO_UNSET,
    .need_request_body = LCO_UNSET,
    .body_buffer_size = LCO_UNSET,
    .code_cache = LCO_UNSET,
    .transform_underscores = LCO_UNSET,
    .http10_buffering = LCO_UNSET,
    .sock_connect_timeout = LCO_UNSET,
    .sock_send_timeout = LCO_UNSET,
    .sock_read_timeout = LCO_UNSET,
    .sock_keepalive_timeout = LCO_UNSET,
    .sock_pool_size = LCO_UNSET,
    .sock_buffer_size = LCO_UNSET,
    .sock_log_errors = LCO_UNSET,
    .resolver_timeout = LCO_UNSET,
};

/* Byte by byte: padding that differs would only cost a merge. */
static int is_nothing(const lco_dir_conf *d)
{
    /* NOLINTNEXTLINE(bugprone-suspicious-memory-comparison) */
    return memcmp(d, &nothing, sizeof(nothing)) == 0;
}

void *lco_conf_create_dir(apr_pool_t *conf_pool, char *dir)
{
    (void) dir;
    return apr_pmemdup(conf_pool, &nothing, sizeof(nothing));
}

static int overlay(int base, int add)
{
    return add == LCO_UNSET ? base : add;
}

/* The outer section's LuaCoSets, each replaced by the inner one's of the same
 * variable, then the others of the inner.  A None stays, for what this is
 * merged with next. */
static const apr_array_header_t *merge_sets(apr_pool_t *conf_pool,
                                            const apr_array_header_t *base,
                                            const apr_array_header_t *add)
{
    apr_array_header_t *sets;
    int i, k;

    if (!base || !add) {
        return add ? add : base;
    }
    sets = apr_array_copy(conf_pool, base);
    for (i = 0; i < add->nelts; i++) {
        const lco_set *set = &APR_ARRAY_IDX(add, i, lco_set);

        for (k = 0; k < base->nelts; k++) {
            if (strcmp(APR_ARRAY_IDX(base, k, lco_set).var, set->var) == 0) {
                break;
            }
        }
        if (k < base->nelts) {
            APR_ARRAY_IDX(sets, k, lco_set) = *set;
        }
        else {
            APR_ARRAY_PUSH(sets, lco_set) = *set;
        }
    }
    return sets;
}

void *lco_conf_merge_dir(apr_pool_t *conf_pool, void *base_v, void *add_v)
{
    const lco_dir_conf *base = base_v;
    const lco_dir_conf *add = add_v;
    lco_dir_conf *d;
    int i;

    /* Most sections have nothing of ours, and this runs in each request for
     * each section: records are not written to once they are merged, so one
     * may stand for the result. */
    if (is_nothing(add)) {
        return base_v;
    }
    if (is_nothing(base)) {
        return add_v;
    }
    d = apr_palloc(conf_pool, sizeof(*d));
    for (i = 0; i < LCO_PHASES; i++) {
        d->code[i] = add->code[i] ? add->code[i] : base->code[i];
    }
    d->sets = merge_sets(conf_pool, base->sets, add->sets);
    d->virtual_on = overlay(base->virtual_on, add->virtual_on);
    d->internal_on = overlay(base->internal_on, add->internal_on);
    d->check_client_abort =
        overlay(base->check_client_abort, add->check_client_abort);
    d->use_default_type =
        overlay(base->use_default_type, add->use_default_type);
    d->need_request_body =
        overlay(base->need_request_body, add->need_request_body);
    d->body_buffer_size = add->body_buffer_size == LCO_UNSET
                              ? base->body_buffer_size
                              : add->body_buffer_size;
    d->code_cache = overlay(base->code_cache, add->code_cache);
    d->transform_underscores =
        overlay(base->transform_underscores, add->transform_underscores);
    d->http10_buffering =
        overlay(base->http10_buffering, add->http10_buffering);
    lco_conf_merge_sock(d, base, add);
    d->tls = lco_conf_merge_ssl(conf_pool, base->tls, add->tls);
    return d;
}

void *lco_conf_create_server(apr_pool_t *conf_pool, server_rec *s)
{
    lco_server_conf *c = apr_pcalloc(conf_pool, sizeof(*c));

    (void) s;
    c->vms = LCO_UNSET;
    c->thread_cache_max = 1024;
    c->shutdown_timeout = LCO_UNSET;
    c->regex_cache_max = 1024;
    c->capture_threads = 16;
    return c;
}

/* No directive that fills this record is allowed in <VirtualHost>: what the
 * main server has is what they all have. */
void *lco_conf_merge_server(apr_pool_t *conf_pool, void *base, void *add)
{
    (void) conf_pool;
    (void) add;
    return base;
}

lco_dir_conf *lco_conf_dir(ap_conf_vector_t *per_dir_config)
{
    return ap_get_module_config(per_dir_config, &luaco_module);
}

lco_server_conf *lco_conf_server(server_rec *s)
{
    return ap_get_module_config(s->module_config, &luaco_module);
}

int lco_conf_pre_config(apr_pool_t *conf_pool, apr_pool_t *plog,
                        apr_pool_t *ptemp)
{
    (void) plog;
    (void) ptemp;
    slots = apr_array_make(conf_pool, 16, sizeof(const lco_code *));
    slot_of_file = apr_hash_make(conf_pool);
    any_virtual = 0;
    return OK;
}

int lco_conf_take_slot(apr_pool_t *conf_pool, lco_code *code)
{
    if (code->file) {
        const lco_code *same =
            apr_hash_get(slot_of_file, code->file, APR_HASH_KEY_STRING);

        if (same) {
            code->slot = same->slot;
            return 0;
        }
        apr_hash_set(slot_of_file, apr_pstrdup(conf_pool, code->file),
                     APR_HASH_KEY_STRING, code);
    }
    code->slot = slots->nelts;
    APR_ARRAY_PUSH(slots, const lco_code *) = code;
    return 1;
}

void lco_conf_note_virtual(void)
{
    any_virtual = 1;
}

int lco_conf_any_virtual(void)
{
    return any_virtual;
}

int lco_conf_slots(void)
{
    return slots ? slots->nelts : 0;
}

const lco_code *lco_conf_slot(int i)
{
    return APR_ARRAY_IDX(slots, i, const lco_code *);
}

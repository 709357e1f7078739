/* LuaCoSharedDict: the directive, and the memory of the dictionaries.
 *
 * Main thread of the parent, but for the line that says a dictionary was
 * repaired.
 *
 * Hard part: a restart keeps what has the same name and size, while the module
 * itself may be unloaded and loaded again.  So what is kept is in the process'
 * pool, with no function and no text of ours in it; the few bytes that tell of
 * one that went stay there.  A newer module that is loaded by a restart and
 * lays its memory out in another way does not take it (lco_dict_is_ours).
 * Children of the time before a restart have their own mapping, so what is gone
 * here does not go from under them.
 */
#include "httpd/hooks.h"

#include <errno.h>
#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>
#include <http_core.h>
#include <http_log.h>
#include <http_main.h>

#include "httpd/conf.h"
#include "httpd/conf_code.h"
#include "shm/dict.h"

APLOG_USE_MODULE(luaco);

/* The key's number counts versions of lco_kept. */
#define KEPT_KEY "luaco shared dictionaries 1"

typedef struct lco_kept {
    struct lco_kept *next;
    lco_dict *dict;
    apr_uint64_t size;
    char name[];
} lco_kept;

/* Bytes: a number, which may end in k or m; 0: it is none. */
static apr_uint64_t parse_size(const char *arg)
{
    apr_uint64_t n = 0;
    const char *p = arg;

    while (apr_isdigit(*p) && n <= LCO_DICT_MAX) {
        n = n * 10 + (apr_uint64_t) (*p++ - '0');
    }
    if (p != arg && (*p == 'k' || *p == 'K')) {
        n *= 1024;
        p++;
    }
    else if (p != arg && (*p == 'm' || *p == 'M')) {
        n *= 1048576;
        p++;
    }
    return p == arg || *p ? 0 : n;
}

const char *lco_conf_add_shared(cmd_parms *cmd, void *dconf, const char *name,
                                const char *size)
{
    const char *err = ap_check_cmd_context(cmd, GLOBAL_ONLY);
    lco_server_conf *c = lco_conf_server(cmd->server);
    apr_uint64_t bytes = parse_size(size);
    lco_shared *sh;
    int i;

    (void) dconf;
    if (err) {
        return err;
    }
    if (bytes < LCO_DICT_MIN || bytes > LCO_DICT_MAX || bytes > APR_SIZE_MAX) {
        return apr_psprintf(cmd->pool,
                            "%s must have a size such as 12k or 10m, from 8k "
                            "to 131072m, not '%s'",
                            cmd->cmd->name, size);
    }
    if (!c->shared) {
        c->shared = apr_array_make(cmd->pool, 4, sizeof(lco_shared));
    }
    for (i = 0; i < c->shared->nelts; i++) {
        if (strcmp(APR_ARRAY_IDX(c->shared, i, lco_shared).name, name) == 0) {
            return lco_conf_say_duplicate(cmd, name);
        }
    }
    sh = apr_array_push(c->shared);
    sh->name = name;
    sh->size = bytes;
    sh->dict = NULL;
    return NULL;
}

/* Any thread, perhaps in a VM. */
static void say_repaired(lco_dict *d, unsigned dropped)
{
    const apr_array_header_t *all = lco_conf_server(ap_server_conf)->shared;
    const char *name = "?";
    int i;

    for (i = 0; all && i < all->nelts; i++) {
        if (APR_ARRAY_IDX(all, i, lco_shared).dict == d) {
            name = APR_ARRAY_IDX(all, i, lco_shared).name;
        }
    }
    ap_log_error(APLOG_MARK, APLOG_WARNING, 0, ap_server_conf,
                 "luaco: a child died while it used the shared dictionary "
                 "\"%s\", which has been repaired: %u half-written entries "
                 "were dropped",
                 name, dropped);
}

static lco_kept **get_kept(server_rec *s)
{
    apr_pool_t *ppool = s->process->pool;
    void *data = NULL;

    apr_pool_userdata_get(&data, KEPT_KEY, ppool);
    if (!data) {
        data = apr_pcalloc(ppool, sizeof(lco_kept *));
        /* not _setn(): the key's text goes with the module */
        apr_pool_userdata_set(data, KEPT_KEY, NULL, ppool);
    }
    return data;
}

static lco_dict *find_kept(const lco_kept *k, const lco_shared *sh)
{
    for (; k; k = k->next) {
        if (strcmp(k->name, sh->name) == 0 && k->size == sh->size &&
            lco_dict_is_ours(k->dict, k->size)) {
            return k->dict;
        }
    }
    return NULL;
}

/* Gives SH new memory, which is kept from now on.  0: there is none (errno). */
static int add_kept(apr_pool_t *ppool, lco_kept **kept, lco_shared *sh)
{
    lco_kept *k;

    sh->dict = lco_dict_create(sh->size);
    if (!sh->dict) {
        return 0;
    }
    k = apr_palloc(ppool, sizeof(*k) + strlen(sh->name) + 1);
    k->dict = sh->dict;
    k->size = sh->size;
    strcpy(k->name, sh->name);
    k->next = *kept;
    *kept = k;
    return 1;
}

static int is_in_use(const apr_array_header_t *all, const lco_dict *d)
{
    int i;

    for (i = 0; i < all->nelts; i++) {
        if (APR_ARRAY_IDX(all, i, lco_shared).dict == d) {
            return 1;
        }
    }
    return 0;
}

int lco_shared_create(server_rec *s)
{
    lco_server_conf *c = lco_conf_server(s);
    lco_kept **kept = get_kept(s), **link, *k;
    int i;

    lco_dict_on_repair = say_repaired;
    if (!c->shared) {
        c->shared = apr_array_make(s->process->pconf, 1, sizeof(lco_shared));
    }
    for (i = 0; i < c->shared->nelts; i++) {
        lco_shared *sh = &APR_ARRAY_IDX(c->shared, i, lco_shared);

        sh->dict = find_kept(*kept, sh);
        if (sh->dict) {
            continue;
        }
        if (!add_kept(s->process->pool, kept, sh)) {
            ap_log_error(
                APLOG_MARK, APLOG_EMERG, APR_FROM_OS_ERROR(errno), s,
                "luaco: no memory for LuaCoSharedDict %s of %" APR_UINT64_T_FMT
                " bytes",
                sh->name, sh->size);
            return 0;
        }
    }
    for (link = kept; (k = *link);) {
        if (is_in_use(c->shared, k->dict)) {
            link = &k->next;
            continue;
        }
        *link = k->next;
        lco_dict_destroy(k->dict, k->size);
    }
    return 1;
}

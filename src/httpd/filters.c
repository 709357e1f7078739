/* LuaCoHeaderFilter, and where the module's two output filters are inserted.
 *
 * httpd has no phase before the headers: they are made by a filter of its own
 * (HTTP_HEADER) when the first brigade of the body reaches that.  Ours stands
 * far above it, at the start of the CONTENT_SET filters: whatever produces the
 * response has set its headers by then, and mod_deflate, mod_headers and the
 * like come after the Lua, as in nginx.
 *
 * Runs on whichever thread passes the brigade, with no VM entered.
 */
#include "httpd/hooks.h"

#include <string.h>

#include <httpd.h>
#include <http_config.h>
#include <http_connection.h>
#include <http_core.h>
#include <http_log.h>
#include <http_protocol.h>
#include <http_request.h>
#include <util_filter.h>

#include "httpd/conf.h"
#include "httpd/filter_body.h"
#include "req/call.h"
#include "req/outbox.h"

APLOG_USE_MODULE(luaco);

static ap_filter_rec_t *header_handle;

typedef struct header_ctx {
    const lco_code *code;
    int over; /* the response has ended here: what follows is dropped */
} header_ctx;

static void clear_headers(request_rec *r)
{
    apr_table_clear(r->headers_out);
    apr_table_clear(r->err_headers_out);
    ap_set_content_type(r, NULL);
    r->content_encoding = NULL;
    r->content_languages = NULL;
    r->clength = 0;
}

typedef enum verdict {
    GOES_ON,
    ENDS, /* with the status req->filter_exit */
    BREAKS
} verdict;

static verdict run_code(request_rec *r, const lco_code *code)
{
    int status = r->status;
    lco_req *req = lco_call_header(r, code);

    if (!req || (req->exit_asked && req->exit_code == LCO_ERROR)) {
        return BREAKS;
    }
    /* A response can be ended so once: its error page comes here too. */
    if (!req->exit_asked || req->exit_code <= 0 || req->filter_exit ||
        (req->exit_code == status && status >= HTTP_MULTIPLE_CHOICES)) {
        return GOES_ON;
    }
    if (req->exit_code < HTTP_OK) {
        return BREAKS;
    }
    req->filter_exit = req->exit_code;
    return ENDS;
}

static apr_status_t cut(request_rec *r, apr_bucket_brigade *bb)
{
    apr_brigade_cleanup(bb);
    r->status = HTTP_INTERNAL_SERVER_ERROR; /* for the log */
    return lco_call_cut(r);
}

/* ngx.exit: the response that had been begun is forgotten for one of STATUS. */
static apr_status_t end_with(ap_filter_t *f, apr_bucket_brigade *bb)
{
    request_rec *r = f->r;
    header_ctx *ctx = f->ctx;
    lco_req *req = lco_req_find(r);
    int status = req->filter_exit;

    ctx->over = 1;
    apr_brigade_cleanup(bb);
    clear_headers(r);
    if (status >= HTTP_MULTIPLE_CHOICES && lco_out_knows(status) && !r->main) {
        if (req->passing) {
            /* A page may be a request of its own, which a loop thread must
             * not run, and Lua is still at work: see lco_drive_outcome(). */
            req->refused = status;
            return AP_FILTER_ERROR;
        }
        r->status = HTTP_OK;
        r->status_line = NULL;
        ap_die(status, r);
        return AP_FILTER_ERROR;
    }
    lco_out_status(r, status);
    if (run_code(r, ctx->code) == BREAKS) {
        return cut(r, bb);
    }
    APR_BRIGADE_INSERT_TAIL(bb,
                            apr_bucket_eos_create(r->connection->bucket_alloc));
    return ap_pass_brigade(f->next, bb);
}

static apr_status_t header_filter(ap_filter_t *f, apr_bucket_brigade *bb)
{
    header_ctx *ctx = f->ctx;
    apr_bucket *b = APR_BRIGADE_FIRST(bb);

    if (ctx->over) {
        apr_brigade_cleanup(bb);
        return APR_SUCCESS;
    }
    if (APR_BRIGADE_EMPTY(bb)) {
        return APR_SUCCESS;
    }
    if (f->r->connection->aborted || AP_BUCKET_IS_EOC(b) ||
        AP_BUCKET_IS_ERROR(b)) {
        ap_remove_output_filter(f);
        return ap_pass_brigade(f->next, bb);
    }
    switch (run_code(f->r, ctx->code)) {
    case GOES_ON:
        break;
    case ENDS:
        return end_with(f, bb);
    case BREAKS:
        ctx->over = 1;
        return cut(f->r, bb);
    }
    ap_remove_output_filter(f);
    return ap_pass_brigade(f->next, bb);
}

/* Is LUACO_BODY among the filters that SetOutputFilter names?  Then it stands
 * where the administrator wants it. */
static int is_placed(request_rec *r)
{
    const core_dir_config *core = ap_get_core_module_config(r->per_dir_config);
    const char *p = core->output_filters;
    apr_size_t len = strlen(LCO_BODY_FILTER);

    while (p && *p) {
        if (ap_cstr_casecmpn(p, LCO_BODY_FILTER, len) == 0 &&
            (p[len] == '\0' || p[len] == ';')) {
            return 1;
        }
        p = strchr(p, ';');
        p = p ? p + 1 : NULL;
    }
    return 0;
}

static void insert(request_rec *r, int is_error)
{
    const lco_dir_conf *d = lco_conf_dir(r->per_dir_config);
    const lco_code *header = lco_conf_code(d, LCO_PHASE_HEADER_FILTER);
    const lco_code *body = lco_conf_code(d, LCO_PHASE_BODY_FILTER);
    header_ctx *ctx;

    if (header) {
        ctx = apr_pcalloc(r->pool, sizeof(*ctx));
        ctx->code = header;
        ap_add_output_filter_handle(header_handle, ctx, r, r->connection);
    }
    if (body && (is_error || !is_placed(r))) {
        lco_filter_body_add(r);
    }
}

static void insert_filter(request_rec *r)
{
    insert(r, 0);
}

static void insert_error_filter(request_rec *r)
{
    insert(r, 1);
}

void lco_filter_hooks(void)
{
    header_handle = ap_register_output_filter("LUACO_HEADER", header_filter,
                                              NULL, AP_FTYPE_CONTENT_SET);
    lco_filter_body_register();
    /* Before the filters of SetOutputFilter, mod_filter and mod_headers. */
    ap_hook_insert_filter(insert_filter, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_insert_error_filter(insert_error_filter, NULL, NULL,
                                APR_HOOK_REALLY_FIRST);
}

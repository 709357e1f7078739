/* ngx.var: the response.
 *
 * Thread: inside the VM, on the owner of the request.
 */
#include "req/vars_priv.h"

#include <apr_strings.h>

#include <string.h>

int lco_var_status(lco_req *req, lco_var *var)
{
    request_rec *r = req->r;
    int is_late = req->header_sent || req->phase >= LCO_PHASE_BODY_FILTER;
    int status = req->status_set && req->phase < LCO_PHASE_BODY_FILTER
                     ? req->status_set
                     : r->status;

    /* httpd starts with 200, nginx with none */
    if (!is_late && !req->status_set && status == HTTP_OK) {
        status = 0;
    }
    return lco_give_buf(
        var, apr_snprintf(var->buf, sizeof(var->buf), "%03d", status));
}

int lco_var_body_bytes_sent(lco_req *req, lco_var *var)
{
    return lco_give_number(var, req->r->bytes_sent);
}

int lco_var_request_completion(lco_req *req, lco_var *var)
{
    return lco_give_string(var, req->r->eos_sent ? "OK" : "");
}

int lco_var_sent_content_type(lco_req *req, lco_var *var)
{
    const char *type = req->r->content_type;

    return lco_give_string(
        var, type ? type : apr_table_get(req->r->headers_out, "Content-Type"));
}

int lco_var_sent_http(lco_req *req, const char *name, lco_var *var)
{
    request_rec *r = req->r;
    const char *value, *more;
    char key[LCO_VAR_NAME_MAX + 1];

    if (!strcmp(name, "content_type")) {
        return lco_var_sent_content_type(req, var);
    }
    if (!lco_var_dashes(name, key)) {
        return 0;
    }
    value = apr_table_getm(r->pool, r->headers_out, key);
    more = apr_table_getm(r->pool, r->err_headers_out, key);
    if (value && more) {
        value = apr_pstrcat(r->pool, value, ", ", more, NULL);
    }
    return lco_give_string(var, value ? value : more);
}

int lco_var_sent_trailer(lco_req *req, const char *name, lco_var *var)
{
    char key[LCO_VAR_NAME_MAX + 1];

    return lco_var_dashes(name, key) &&
           lco_give_string(var, apr_table_get(req->r->trailers_out, key));
}

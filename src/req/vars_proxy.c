/* ngx.var: what mod_proxy does with the request.
 *
 * Thread: inside the VM, on the owner of the request.
 */
#include "req/vars_priv.h"

#include <apr_strings.h>
#include <apr_uri.h>

#include <string.h>

/* "host:port" of a URL, as written there. */
static int give_authority(lco_var *var, const char *url)
{
    const char *p = strstr(url, "://");

    if (!p) {
        return 0;
    }
    p += 3;
    return lco_give(var, p, strcspn(p, "/?#"));
}

/* The URL that the request is to be sent to: r->filename is "proxy:URL" once
 * mod_proxy or mod_rewrite has taken it. */
static const char *proxy_url(lco_req *req)
{
    request_rec *r = req->r;

    if (!r->proxyreq || !r->filename ||
        strncmp(r->filename, "proxy:", 6) != 0) {
        return NULL;
    }
    return r->filename + 6;
}

int lco_var_proxy_host(lco_req *req, lco_var *var)
{
    const char *url = proxy_url(req);

    return url ? give_authority(var, url) : 0;
}

int lco_var_proxy_port(lco_req *req, lco_var *var)
{
    const char *url = proxy_url(req), *colon;
    apr_size_t scheme;
    lco_var host;

    if (!url || !give_authority(&host, url)) {
        return 0;
    }
    colon = memchr(host.data, ']', host.len); /* an IPv6 address has colons */
    colon = colon ? colon : host.data;
    colon = memchr(colon, ':', (apr_size_t) (host.data + host.len - colon));
    if (colon) {
        return lco_give(var, colon + 1,
                        (apr_size_t) (host.data + host.len - colon) - 1);
    }
    scheme = (apr_size_t) (host.data - url) - 3;
    return lco_give_number(
        var, apr_uri_port_of_scheme(apr_pstrmemdup(req->r->pool, url, scheme)));
}

int lco_var_proxy_add_x_forwarded_for(lco_req *req, lco_var *var)
{
    request_rec *r = req->r;
    const char *before = apr_table_get(r->headers_in, "X-Forwarded-For");

    return lco_give_string(
        var, before && *before
                 ? apr_pstrcat(r->pool, before, ", ", r->useragent_ip, NULL)
                 : r->useragent_ip);
}

/* Once there is a response: the balancer's member or the proxied server. */
int lco_var_upstream_addr(lco_req *req, lco_var *var)
{
    const char *url = proxy_url(req), *member;

    if (!url || req->phase < LCO_PHASE_HEADER_FILTER ||
        req->phase > LCO_PHASE_LOG) {
        return 0;
    }
    member = apr_table_get(req->r->subprocess_env, "BALANCER_WORKER_NAME");
    return give_authority(var, member ? member : url);
}

int lco_var_upstream_status(lco_req *req, lco_var *var)
{
    return lco_give_string(var, apr_table_get(req->r->notes, "proxy-status"));
}

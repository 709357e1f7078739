/* Changing a request: what ngx.req.set_* do to httpd's record of it.
 *
 * httpd's later phases, handlers, filters and the access log read that record;
 * the bytes on the connection stay what they are.  So the client gets a
 * response to the request it made, whatever became of it here.
 *
 * Thread: the request's owner; [in VM] allowed.  All memory is of the request.
 */
#ifndef LCO_REQ_CHANGE_H
#define LCO_REQ_CHANGE_H

#include "req/req.h"
#include "util/multi.h"

typedef struct lco_text {
    const char *data;
    apr_size_t len;
} lco_text;

/* register_hooks, before any request. */
void lco_change_register(void);

/* insert_filter hook, the request's owner: after a redirect the client still
 * gets the headers alone if it asked for them alone. */
void lco_change_insert(request_rec *r);

/* NAME is a constant that httpd knows: "GET", "HEAD", ... */
void lco_change_method(lco_req *req, const char *name);

/* The path, without NUL bytes; what a handler or a proxy gets.  The request
 * counts as internal from here on. */
void lco_change_uri(lco_req *req, const char *uri, apr_size_t len);

/* The query string, without NUL bytes; NULL: none. */
void lco_change_args(lco_req *req, const char *args, apr_size_t len);

/* How a header takes its values. */
typedef enum lco_change_how {
    LCO_CHANGE_SET, /* instead of what is there; none or "" removes it */
    LCO_CHANGE_ADD  /* beside what is there */
} lco_change_how;

/* Returns 0 where the value is none that the header can have (Host,
 * Content-Length). */
int lco_change_header(lco_req *req, lco_text name, const lco_text *values,
                      int n, lco_change_how how);

/* The single values behind VALUE, which is NAME's in headers_in, or NULL if it
 * is one value. */
const lco_multi *lco_change_multi(lco_req *req, const char *name,
                                  const char *value);

/* The Cookie headers as one, joined as cookies are; NULL: none. */
const char *lco_change_cookies(lco_req *req);

#endif

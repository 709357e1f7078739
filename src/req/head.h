/* The head of a request as the client sent it.
 *
 * httpd joins repeated fields while it reads them, so the bytes are recorded
 * on their way to it, by an input filter of the connection.  Nothing is
 * recorded of an HTTP/2 stream, which has no such bytes.
 *
 * Ownership: the record is of the request's pool; the request's owner.
 */
#ifndef LCO_REQ_HEAD_H
#define LCO_REQ_HEAD_H

#include <httpd.h>

/* register_hooks, before any request. */
void lco_head_register(void);

/* pre_connection hook, a worker: puts the filter there. */
int lco_head_connect(conn_rec *c, void *csd);

/* pre_read_request hook, a worker: begins to record. */
void lco_head_begin(request_rec *r, conn_rec *c);

/* The request that the client made: where redirects and subrequests began. */
request_rec *lco_head_request(request_rec *r);

/* What was recorded of the client's request that led to R, from its request
 * line to the blank line, or as far as it was read; NULL if nothing was. */
const char *lco_head_get(request_rec *r, apr_size_t *len);

#endif

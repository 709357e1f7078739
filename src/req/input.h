/* Reading the request body through httpd's input filters, waiting or not.
 *
 * The one place that calls them for us.  What must not wait reads with BLOCK 0
 * and, where nothing is there, watches the client's socket: drive.c does so
 * while lco_body_wants_input().
 *
 * Thread: the owner of the request, no VM entered but where a line says so.
 */
#ifndef LCO_REQ_INPUT_H
#define LCO_REQ_INPUT_H

#include <apr_buckets.h>
#include <util_filter.h>

#include "req/req.h"

typedef enum lco_got {
    LCO_GOT_DATA,    /* maybe none: ask again */
    LCO_GOT_END,     /* the end; data may come with it */
    LCO_GOT_NOTHING, /* nothing is there now; only with BLOCK 0 */
    LCO_GOT_FAILED   /* *STATUS says what a response would be */
} lco_got;

/* register_hooks */
void lco_input_register(void);

/* Can the request's input filters be read without waiting?  Only where the
 * request may be parked, and only if all of them are known to keep to it. */
int lco_input_can_poll(const lco_req *req);

/* Do all input filters from F on keep to that? */
int lco_input_are_known(const ap_filter_t *f);

/* Appends to BB up to MAX bytes of data buckets, nothing else.  *STATUS is
 * 400 where the client broke the rules or left, 408, 413, ...; then the
 * connection will not be kept.  With BLOCK 0 an `Expect: 100-continue` is
 * answered when nothing is there.  After LCO_GOT_FAILED req->input_gone says
 * whether it was the client that left. */
lco_got lco_input_read(lco_req *req, apr_bucket_brigade *bb, apr_off_t max,
                       int block, int *status);

/* The same for what the client sends after the request's head, whatever it
 * is, without waiting; after LCO_GOT_FAILED *RV says what went wrong. */
lco_got lco_input_read_raw(lco_req *req, apr_bucket_brigade *bb, apr_off_t max,
                           apr_status_t *rv);

/* Notes how the client framed the body: before any Lua of the request. */
void lco_input_note(lco_req *req);

/* Makes httpd take the length of the body from what the client sent, not
 * waiting, whatever Lua made of Content-Length and Transfer-Encoding.  Else
 * the rest of the body could pass for the client's next request.  Before
 * anybody reads it: lco_input_guard() does so if they changed.  In VM or
 * not. */
void lco_input_pin(lco_req *req);
void lco_input_guard(lco_req *req);

/* Does the client's body, or a part of it, still lie before us?  True until
 * its end was read. */
int lco_input_is_open(const lco_req *req);

/* Did the client announce a body? */
int lco_input_announced(const lco_req *req);

#endif

/* The client as the far end of a socket object: what ngx.req.socket() gives.
 *
 * To the object it is a connection like another (io/link.h), which its reading
 * and sending make no difference of.  But what the client sends comes through
 * httpd's input filters and what is sent leaves through output filters, both
 * with the VM left.  So this link is a pair of buffers: the owner of the
 * request fills one and empties the other between two stretches of Lua, and
 * tells the socket.
 *
 * It reads the request body, or raw: what comes after the head, whatever it
 * is; then nothing of HTTP happens any more, and the connection closes when
 * the request ends.
 *
 * Thread: the owner of the request, no VM entered but where a line says so.
 */
#ifndef LCO_REQ_DOWN_H
#define LCO_REQ_DOWN_H

#include "io/link.h"
#include "req/body.h"
#include "req/outbox.h"
#include "req/req.h"

typedef struct lco_down lco_down;

/* [in VM]  A link to the client, whose memory is the request's; its reader
 * gets ECONNABORTED where the client left too early.  NULL: no memory. */
lco_link *lco_down_open(lco_req *req, int raw);

/* Does Lua wait for what the client sends?  The drive then calls
 * lco_down_pump() before it goes on, and watches the socket. */
int lco_down_wants_input(const lco_req *req);
/* Has nobody looked yet whether something is there? */
int lco_down_must_look(const lco_req *req);
/* The drive begins: others get their turn after so many bytes. */
void lco_down_begin(lco_req *req);
/* Reads some of what there is. */
lco_pumped lco_down_pump(lco_req *req, int on_loop);

/* [in VM]  The coroutines for which there is something go on.  Returns a
 * status if the run must end with it, as the client broke the rules. */
int lco_down_serve(lco_req *req);
/* [in VM]  A stretch of Lua is over: what does it wait for? */
void lco_down_note(lco_req *req);
/* [in VM]  All of the request's Lua waits: sees to the time, and to the input
 * of a request that has no lco_conn. */
void lco_down_settle(lco_req *req);
/* [in VM]  A thread is about to wait, and what would wake it has come already,
 * since lco_down_settle(). */
int lco_down_missed(const lco_req *req);
/* [in VM]  Nobody waits any more. */
void lco_down_idle(lco_req *req);

/* A write that blocks, on a raw request that holds its thread: it may take as
 * long as the socket's sending may.  Returns what to give to _unlimit(), with
 * the write's result, afterwards. */
apr_socket_t *lco_down_limit(lco_req *req, apr_interval_time_t *was);
void lco_down_unlimit(lco_req *req, apr_socket_t *sock, apr_interval_time_t was,
                      apr_status_t rv);

/* A phase is over, not the request: whoever reads the body after us finds it
 * empty, as the reference's do. */
void lco_down_pass_on(lco_req *req);

/* [in VM]  Will the socket tell Lua that the client has left? */
int lco_down_tells(const lco_req *req);

#endif

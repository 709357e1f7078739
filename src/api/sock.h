/* What the files of the cosocket API (sock_*.c) share.
 *
 * A socket object is a table, as scripts expect; its field 1 is a userdata,
 * the lco_sock.  A socket belongs to the request that first connected it; at
 * the request's end it is closed.
 *
 * Thread: inside the VM, on the owner of the current request.  `done`
 * functions of io/ run inside the VM on any thread: they only note the result
 * and end the wait; what it means is worked out when it is delivered.
 */
#ifndef LCO_API_SOCK_H
#define LCO_API_SOCK_H

#include "api/common.h"
#include "io/connpool.h"
#include "io/tcp.h"

typedef struct lco_sock {
    const void *kind; /* what tells it from other userdata */
    lco_tcp tcp;
    lco_tie tie;
    unsigned used : 1;       /* connect() has been called */
    unsigned down : 1;       /* the client's: ngx.req.socket() ... */
    unsigned read_only : 1;  /* ... of the request body */
    unsigned ended : 1;      /* the request that connected it is gone */
    unsigned conning : 1;    /* `wwait` waits for a connection ... */
    unsigned queued : 1;     /* ... and began in a pool's queue */
    unsigned no_session : 1; /* sslhandshake(false): a boolean will do */
    lco_wait *rwait, *wwait; /* the slots of tcp, NULL: free */
    lco_io rresult, wresult; /* what they came to */
    int (*wdeliver)(lua_State *L, lco_wait *w); /* pushes wresult */
    size_t sent;                                /* what send() returns */
    X509_STORE *store; /* settrustedstore(), for the next handshake */
    /* settimeout(): microseconds, 0: the configuration's, as it was when the
     * socket was connected */
    lco_usec set_connect, set_send, set_read;
    lco_usec conf_connect, conf_send, conf_read;
    char *key; /* of its pool; key_small or malloc'ed, NULL before connect() */
    size_t key_len;
    char key_small[40];
    int port;      /* for the log, as the next */
    char host[40]; /* perhaps cut */
} lco_sock;

/* The lco_sock of the socket object at IDX, NULL if it has none yet or is no
 * table.  One of ngx.req.socket() is none for what only connections of ours
 * can do. */
lco_sock *lco_sock_get(lua_State *L, int idx);
/* The same, of ngx.req.socket() too. */
lco_sock *lco_sock_find(lua_State *L, int idx);
/* Pushes a new one.  [-0, +1] */
LX_RAISES lco_sock *lco_sock_new(lua_State *L);
/* The same, made if there is none.  The userdata is pushed: it has to stay on
 * the stack while the socket is used.  [-0, +1] */
LX_RAISES lco_sock *lco_sock_obtain(lua_State *L, int idx);

/* Raises unless the argument is a table: "bad argument #1 to 'send' (table
 * expected, got nil)". */
LX_RAISES void lco_sock_checkself(lua_State *L);

/* Raises "bad request" unless S belongs to REQ. */
LX_RAISES void lco_sock_checkreq(lua_State *L, const lco_sock *s,
                                 const lco_req *req);

/* The `done` of what waits in the write slot: a connection, a handshake, data
 * to send. */
void lco_sock_wdone(lco_tcp *tcp, lco_io result);

/* The operation in the write slot waits: takes the slot for the running
 * coroutine, which DELIVER gives its results.  The caller yields.  Where that
 * is not allowed, or there is no memory, the socket is closed and it raises. */
LX_RAISES void lco_sock_wait_write(lua_State *L, lco_req *req, lco_sock *s,
                                   int (*deliver)(lua_State *L, lco_wait *w));

enum {
    LCO_BUSY_CONNECTING = 1,
    LCO_BUSY_READING = 2,
    LCO_BUSY_WRITING = 4
};

/* Is another coroutine using the socket for one of WHAT?  Then 2, with nil
 * and "socket busy reading (...)" pushed, else 0. */
LX_RAISES int lco_sock_busy(lua_State *L, const lco_sock *s, unsigned what);

/* nil, "socket busy WHAT (in FILE:LINE)" for where W waits. */
LX_RAISES int lco_sock_pushbusy(lua_State *L, const char *what,
                                const lco_wait *w);

/* nil, and the message for RESULT, whose number is ERR; NAME: the host. */
LX_RAISES int lco_io_pusherror(lua_State *L, lco_io result, int err,
                               const char *name);
/* The same for a TCP socket's. */
LX_RAISES int lco_sock_pusherror(lua_State *L, const lco_sock *s,
                                 lco_io result);

/* An errno in lower case, as the reference has it.  [-0, +1] */
LX_RAISES void lco_sock_pusherrno(lua_State *L, int err);

/* Logs "WHAT, socket: HOST" if LuaCoSocketLogErrors is on. */
void lco_sock_log(lco_req *req, const lco_sock *s, const char *what, int err);
void lco_sock_loghost(lco_req *req, const char *host, const char *what,
                      int err);

/* Ends what the socket has of waits when a coroutine that waits in it is
 * killed: as in the reference the whole socket is closed. */
void lco_sock_stop(lco_wait *w);

/* The current coroutine; raises if it may not wait. */
LX_RAISES lco_co *lco_sock_checkco(lua_State *L, lco_req *req);

/* What a send() argument comes to: text, in Lua's memory, `small` or `heap`. */
typedef struct lco_sock_text {
    const char *data;
    size_t len;
    char *heap;
    char small[2048];
} lco_sock_text;

/* The text of the argument ARG, a string, number, boolean, nil or (nested)
 * array of strings and numbers; raises for others.  Nothing may raise before
 * lco_sock_text_close(). */
LX_RAISES void lco_sock_text_open(lua_State *L, int arg, lco_sock_text *t);
void lco_sock_text_close(lco_sock_text *t);

/* The VM's pools; NULL: no memory. */
LX_RAISES lco_pools *lco_sock_pools(lua_State *L);

/* The VM's resolver for these servers, "": the system's; NULL: no memory. */
LX_RAISES lco_resolver *lco_sock_resolver(lua_State *L, const char *servers);

/* The TLS context for the request's settings (sock_tlsctx.c); NULL with *ERR.
 */
LX_RAISES SSL_CTX *lco_sock_tls_context(lua_State *L, const lco_req *req,
                                        const char **err);
LX_RAISES void lco_sock_open_tlsctx(lua_State *L);

/* A new socket is REQ's end of L from now on. */
void lco_sock_adopt(lco_sock *s, lco_req *req, lco_link *l);

/* The methods, each file's into the method table on the stack top. */
LX_RAISES void lco_sock_open_tcp(lua_State *L);
LX_RAISES void lco_sock_open_read(lua_State *L);
LX_RAISES void lco_sock_open_write(lua_State *L);
LX_RAISES void lco_sock_open_opt(lua_State *L);
LX_RAISES void lco_sock_open_pool(lua_State *L);
LX_RAISES void lco_sock_open_ssl(lua_State *L);
/* ngx.socket.udp, into the table ngx.socket on the stack top. */
LX_RAISES void lco_sock_open_udp(lua_State *L);

#endif

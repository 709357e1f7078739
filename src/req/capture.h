/* Captures: requests of this server made by the Lua of another one, run beside
 * it on a secondary connection of their own.  docs/captures.md tells who owns
 * what, which thread runs what, and how one ends.
 *
 * capture.c has their life as the VM sees it, capture_run.c runs one through
 * httpd, capture_io.c has its filters, capture_pool.c the threads.
 *
 * Lock order: VM, then the queue's lock (a leaf).
 */
#ifndef LCO_REQ_CAPTURE_H
#define LCO_REQ_CAPTURE_H

#include <sys/queue.h>

#include <apr_tables.h>

#include "req/req.h"

/* One call of ngx.location.capture_multi: malloc'ed.  In VM. */
typedef struct lco_captures {
    lco_wait *wait; /* NULL: nobody waits (any more) */
    int n;
    int left;           /* of them not done */
    int holder_ref;     /* api/capture.c's, or LUA_NOREF */
    lco_capture **list; /* n */
} lco_captures;

/* What a capture needs of a thread. */
typedef enum lco_capture_job {
    LCO_CAPTURE_LOOK, /* phases, Lua: blocks for short times only */
    LCO_CAPTURE_SERVE /* a handler that may block for long */
} lco_capture_job;

enum {
    LCO_CAPTURE_JOBS = 2,
    /* How deep they nest: nginx's NGX_HTTP_MAX_SUBREQUESTS and one. */
    LCO_CAPTURE_DEPTH = 51
};

/* Bytes of a response body that are kept. */
#define LCO_CAPTURE_BODY_MAX ((apr_size_t) 64 * 1024 * 1024)

typedef struct lco_capture_var {
    const char *name, *value;
    apr_size_t name_len, value_len;
} lco_capture_var;

struct lco_capture {
    /* Set before it starts, constant afterwards. */
    lco_captures *call;
    lco_req *parent; /* in VM: valid until the capture is done */
    lco_vm *vm;
    int depth;
    unsigned *trace_next; /* the main request's */
    apr_pool_t *pool;     /* own allocator; gone when it is done */
    conn_rec *c;
    const char *uri;   /* decoded */
    const char *named; /* "/@name", whose sections hold; or NULL */
    const char *args;
    const char *method;
    const char *the_request, *request_uri, *protocol, *hostname, *user;
    const char *auth_type, *log_id, *client_ip;
    int proto_num;
    apr_sockaddr_t *client_addr;
    apr_time_t request_time;
    server_rec *server;
    apr_table_t *headers_in;
    apr_table_t *env;            /* copied from the parent's, or NULL */
    apr_table_t *written;        /* owner: names that its Lua set, or NULL */
    apr_array_header_t *headers; /* of lco_capture_var: overriding ones */
    apr_array_header_t *vars;    /* of lco_capture_var */
    int ctx_ref;                 /* taken over by its request */
    struct lco_body *body;       /* taken over by its request, or NULL */
    unsigned share_vars : 1;

    /* Owner. */
    request_rec *r; /* NULL before it began and after it ended */
    lco_capture_job job;
    int next_status;       /* what the phases came to, for LCO_CAPTURE_SERVE */
    unsigned looked : 1;   /* the phases are over */
    unsigned resuming : 1; /* its Lua went on on the loop */
    unsigned holds : 1;    /* the next one looks when this one's end is known */

    /* The result: owner, in VM once it is done. */
    int status;
    unsigned has_head : 1;
    unsigned closes : 1;   /* Lua closed the connection: `status` says how */
    unsigned complete : 1; /* the end of the body was seen */
    unsigned broken : 1;   /* ... will never be */
    unsigned done : 1;     /* in VM */
    char *head;            /* malloc: "name\0value\0"... */
    apr_size_t head_len, head_cap;
    char *data; /* malloc */
    apr_size_t len, cap;
    char *shared; /* malloc: variables for the parent, as `head` */
    apr_size_t shared_len, shared_cap;

    atomic_int abandoned; /* nobody wants it: end soon */

    /* In VM. */
    lco_req *req;        /* what the loop has to drive, while `parked` */
    unsigned parked : 1; /* the loop owns it */
    lco_msg msg;         /* done */
    LIST_ENTRY(lco_capture) parent_link; /* parent->captures */
    LIST_ENTRY(lco_capture) vm_link;     /* vm->captures */

    TAILQ_ENTRY(lco_capture) queue_link; /* queue's lock */
};

/* ---- in VM, the parent's owner ---- */

/* A call of N captures for REQ, none of them there yet.  NULL: no memory. */
lco_captures *lco_captures_new(int n);
/* Makes number I of CALL, with what it takes from its parent.  NULL: no
 * memory.  The caller fills in uri, args, method, vars, ctx and body. */
lco_capture *lco_captures_add(lco_captures *call, int i, lco_req *parent);
/* The body of a capture: LEN bytes, which are copied.  0: no memory. */
int lco_capture_set_body(lco_capture *cap, const char *data, apr_size_t len);
/* The same, the body that the parent has read, if it has. */
int lco_capture_forward_body(lco_capture *cap);
/* Starts them all; WAIT is woken with PUSH when they are done. */
void lco_captures_start(lco_captures *call, lco_wait *wait,
                        int (*push)(lua_State *L, lco_wait *w));
/* WAIT is over without results: those that run are abandoned. */
void lco_captures_stop(lco_captures *call);
/* Frees a call that was not started or whose captures are done. */
void lco_captures_free(lco_captures *call);

/* [in VM]  All captures of REQ are abandoned. */
void lco_captures_abandon(lco_req *req);
/* [in VM]  The child stops: all captures of VM are abandoned. */
void lco_captures_stop_all(lco_vm *vm);
/* [in VM], not the loop: REQ's Lua is over; waits with the VM left until its
 * captures are done. */
void lco_captures_await(lco_req *req);

/* ---- for the drive ---- */

/* The capture that r belongs to, or NULL. */
lco_capture *lco_capture_of(request_rec *r);
/* Can the Lua of r wait with httpd's stack unwound? */
int lco_capture_can_park(const lco_req *req);
/* [in VM]  REQ, of a capture, has something to run. */
void lco_capture_notify(lco_req *req);
/* The loop's turn, [in VM]: drives the capture's request. */
void lco_capture_drive(lco_req *req);

/* ---- capture_run.c, the owner, VM left ---- */

/* A capture thread: goes on with CAP as far as JOB allows.  1: it has ended,
 * and the loop is to let the VM's next capture look. */
int lco_capture_run(lco_capture *cap, lco_capture_job job);
/* Ends the request with what a hook answered, lets go of all memory but the
 * result's.  May be the loop where lco_capture_can_end() allows it. */
void lco_capture_end(lco_capture *cap, int status);
int lco_capture_can_end(const lco_req *req);
/* Forgets the request, whatever its state (capture.c). */
void lco_capture_wreck(lco_capture *cap);
/* Any thread: tells the VM that CAP is done (capture.c). */
void lco_capture_done(lco_capture *cap);
/* [in VM], owner: NAME was written, the parent may share it. */
void lco_capture_wrote(lco_capture *cap, const char *name);

/* ---- capture_io.c ---- */

void lco_capture_register(void); /* register_hooks */
/* child_init, main thread.  0: no descriptor. */
int lco_capture_io_init(apr_pool_t *child_pool);
void lco_capture_connect(lco_capture *cap);
void lco_capture_catch(lco_capture *cap);
/* Takes status and headers of r as the result's, once. */
void lco_capture_take_head(lco_capture *cap, request_rec *r, int status);

/* ---- capture_pool.c ---- */

/* child_init, main thread: at most THREADS serve (LuaCoCaptureThreads), one for
 * each VM looks.  They are joined before CHILD_POOL goes.  0: no memory. */
int lco_capture_pool_init(apr_pool_t *child_pool, server_rec *s, int threads);
/* Any thread but those at exit: a thread will run CAP.  0: there is none. */
int lco_capture_queue(lco_capture *cap, lco_capture_job job);
/* A capture thread that looks: may it go on as one that serves?  If not it
 * queues the capture. */
int lco_capture_may_serve(void);
/* Is the calling thread one that looks? */
int lco_capture_looks(void);
/* Any thread: VM's next capture may look.  One after the other does, so that
 * their Lua runs in the order in which they were made. */
void lco_capture_look_over(lco_vm *vm);
/* Any thread: it is about to do what may take long (1), such as to wait for
 * Lua, and does so no more (0).  Calls nest. */
void lco_capture_thread_waits(int waits);

#endif

/* The request context: what the module knows of one request.
 *
 * Ownership: a request (its request_rec, connection, pools, brigades and this
 * record) belongs to one thread at a time: the worker that runs its hooks, or
 * the VM's loop thread while it is parked (req/park.h).  Lua of the request
 * runs on its owner with the VM entered, so an API function may read and
 * write header tables and r->pool freely; it must not pass a brigade, read
 * the body or make a subrequest: that is done by drive.c with the VM left.
 *
 * The record is malloc'ed and freed by a cleanup of r->pool.
 */
#ifndef LCO_REQ_H
#define LCO_REQ_H

#include <httpd.h>

#include "httpd/conf.h"
#include "loop/loop.h"
#include "sched/run.h"
#include "vm/vm.h"

#include <sys/queue.h>

typedef struct lco_conn lco_conn;
typedef struct lco_body lco_body;
typedef struct lco_capture lco_capture;

/* Where a request's Lua is. */
typedef enum lco_stage {
    LCO_STAGE_IDLE,    /* no phase runs */
    LCO_STAGE_START,   /* a phase begins: nothing has run yet */
    LCO_STAGE_RUN,     /* its Lua runs or waits */
    LCO_STAGE_SERVICE, /* its current coroutine asked for a service */
    LCO_STAGE_ENDED    /* result is known; output may still be under way */
} lco_stage;

typedef struct lco_wait lco_wait;
typedef struct lco_tie lco_tie;

/* What an API object (a socket) undoes when its request ends. */
struct lco_tie {
    lco_req *req; /* NULL: not tied */
    /* In VM, on the thread that ends the request; untied by then.  Must not
     * run Lua, nor block. */
    void (*fn)(lco_tie *t);
    LIST_ENTRY(lco_tie) link;
};

/* What a body filter has before it: ngx.arg.  Buckets of data in memory. */
typedef struct lco_piece {
    apr_bucket_brigade *data;
    int eof; /* the end of the body follows */
} lco_piece;

struct lco_req {
    request_rec *r;
    lco_vm *vm;
    lco_conn *conn; /* NULL: cannot be parked, the thread waits */
    /* The request is that of a capture, or one that it was redirected to; else
     * NULL.  It counts as internal though r->main is NULL: what lets internal
     * requests alone in (LuaCoInternal) asks for r->main, r->prev, this and
     * `internal`. */
    lco_capture *capture;
    const lco_dir_conf *dconf; /* of the phase that runs */
    const lco_code *code;      /* of the phase that runs */
    lco_code_use running;      /* the function of `run` */
    lco_run run;
    lco_phase phase;
    lco_stage stage;
    int result; /* LCO_OK.. or a status, once ENDED */

    /* Response.  `out` holds what Lua wrote and no filter has seen yet. */
    apr_bucket_brigade *out;
    apr_bucket_brigade *pass_bb;
    apr_off_t out_bytes;      /* length of `out` */
    unsigned header_sent : 1; /* Lua's view: no header may change any more */
    unsigned eof : 1;         /* ngx.eof() or the end: no more output */
    unsigned eos_passed : 1;  /* the filters have seen the end of stream */
    unsigned seen_body : 1;   /* Lua wrote something */
    unsigned mime_set : 1;    /* Lua or the configuration set a type */
    unsigned headers_set : 1; /* Lua touched the response headers */
    unsigned flush_asked : 1; /* ngx.flush: pass a flush with the outbox */
    unsigned flush_waits : 1; /* `flushers` was not empty when last looked at */
    unsigned aborted : 1;     /* the client is gone: output is discarded */
    unsigned abort_seen : 1;  /* ngx.on_abort's thread has been started */
    unsigned sent_known : 1;  /* ... they are */
    unsigned input_failed : 1;    /* `result` is what reading came to */
    unsigned input_gone : 1;      /* reading failed since the client left */
    unsigned thread_waits : 1;    /* this request holds its thread */
    unsigned declined : 1;        /* the handler's Lua left it to others */
    unsigned filetype_hidden : 1; /* r->finfo.filetype is not the real one */
    unsigned buffering : 1;  /* HTTP/1.0: output and headers wait for the end */
    unsigned passing : 1;    /* `out` is on its way through the filters */
    unsigned length_set : 1; /* Lua chose the Content-Length */
    unsigned filters_in : 1; /* httpd has inserted the response's filters */
    unsigned exit_asked : 1; /* ngx.exit in a header filter: exit_code */
    unsigned raw : 1;        /* ngx.req.socket(true): no response any more */
    unsigned direct : 1;     /* output goes past the response's filters */
    unsigned passed : 1;     /* something went to the filters */
    unsigned server_rewritten : 1; /* LuaCoServerRewrite has been run */
    unsigned jump : 1; /* the phase ended by a jump: see LCO_JUMPS */
    unsigned jumps;    /* how often LuaCoRewrite has jumped */
    apr_filetype_e real_filetype;
    const char *mime;   /* the type that Lua set, r->pool, or NULL */
    int status_set;     /* ngx.status as Lua assigned it, 0: not */
    int refused;        /* a status whose page takes the place of what Lua
                           wrote, 0: none */
    int closing;        /* in VM: 444, 499 or 408, with which a capture of it
                           has closed the connection; 0: none */
    int exit_code;      /* see exit_asked */
    int filter_exit;    /* the status a header filter ended the response with */
    lco_piece *piece;   /* of the body filter that runs, or NULL */
    int access_verdict; /* LuaCoAccess: DONE or a status that no other check
                           may overrule, 0: none */

    /* Content-Length and Transfer-Encoding as the client sent them. */
    const char *sent_length, *sent_coding;
    lco_body *body; /* the request body, req/body.h; NULL: nobody asked */
    struct lco_down *down; /* ngx.req.socket()'s, req/down.h; NULL: none */
    /* LCO_SERVICE_CALL: called with the VM left; may block where files do. */
    void (*call)(lco_req *req, void *data);
    void *call_data;
    /* What Lua changed of the request, req/change.h; all of r->pool. */
    const char *request_uri; /* as the client sent it; NULL: r->unparsed_uri */
    const char *place_uri;   /* whose sections hold while uri_changed */
    const lco_code *checked; /* the LuaCoAccess that ran last */
    unsigned rechecks;       /* how often the checks were asked again */
    const struct lco_multi *multi; /* headers with several values */
    unsigned multi_read : 1;       /* those of the client are in `multi` */
    unsigned uri_changed : 1;      /* by Lua, since its file was looked for */
    unsigned place_kept : 1;   /* place_uri is the place since another file was
                                  looked for */
    unsigned asked_again : 1;  /* the access checks, for another URI */
    unsigned args_emptied : 1; /* by set_uri_args(""), not by the client */
    unsigned internal : 1;     /* ngx.req.is_internal() since set_uri() */
    unsigned exec_parks : 1; /* an ngx.exec led here, and nobody on this thread
                                waits for the end: it may be parked */
    const struct lco_exec *exec; /* what ngx.exec asked for; r->pool */
    const char *named; /* "/@name", whose sections hold whatever the URI is;
                          NULL: the URI's */

    const char *const *set_args; /* of the LuaCoSet that runs: ngx.arg */
    int set_nargs;

    int ctx_ref;         /* registry reference of ngx.ctx, LUA_NOREF */
    unsigned trace_next; /* scheduler trace numbers of the main request */

    /* In VM. */
    TAILQ_HEAD(, lco_wait) woken;    /* waits that are over, in order */
    TAILQ_HEAD(, lco_wait) flushers; /* ngx.flush(true) */
    TAILQ_ENTRY(lco_req) ready_link;
    LIST_ENTRY(lco_req) waiting_link;
    LIST_HEAD(, lco_tie) ties;         /* newest first */
    LIST_HEAD(, lco_capture) captures; /* that it made and that are not done */
    unsigned in_ready : 1;
    unsigned in_waiting : 1;
    unsigned stop : 1;      /* the child ends: give up */
    unsigned left : 1;      /* hold.c has seen the client leave */
    unsigned look : 1;      /* the thread that waits has input to look at */
    unsigned serving : 1;   /* its owner ends waits, and goes on at once */
    pthread_cond_t *signal; /* of the thread that waits (park_wait.c) */

    int had_ties;     /* owner: `ties` is worth a look */
    int had_captures; /* owner: `captures` is */
};

/* One wait of one coroutine: what an API file arms.  Made by lco_wait_new(),
 * freed by lco_wait_done()'s delivery or by the cancellation.  sleep.c is the
 * model. */
struct lco_wait {
    lco_timer timer; /* the API file's to arm or not */
    lco_req *req;
    lco_co *co;
    /* Disarms whatever the API file armed: called once, when the wait is
     * cancelled (kill, exit, abort).  In VM; must not run Lua. */
    void (*stop)(lco_wait *w);
    /* Called instead of `stop` where the wait was over already, but what it
     * came to has not been delivered.  May be NULL. */
    void (*drop)(lco_wait *w);
    /* Pushes what the API call returns and gives the number.  Protected. */
    int (*push)(lua_State *L, lco_wait *w);
    void *data;                 /* the API file's */
    TAILQ_ENTRY(lco_wait) link; /* woken, flushers */
    unsigned woken : 1;
};

/* [in VM]  A wait of CO, marked as its pending operation.  NULL: no memory. */
lco_wait *lco_wait_new(lco_req *req, lco_co *co, void (*stop)(lco_wait *w));

/* [in VM]  Forgets a wait whose arming failed: the coroutine goes on. */
void lco_wait_drop(lco_wait *w);

/* [in VM]  Gives the memory of a wait back that nothing refers to any more. */
void lco_wait_free(lco_wait *w);

/* [in VM]  The wait is over; PUSH (NULL: no results) is called when the
 * coroutine is resumed: by the loop in this turn if it owns the request, else
 * as soon as the owner can.  The API file must have disarmed everything. */
void lco_wait_done(lco_wait *w, int (*push)(lua_State *L, lco_wait *w));

/* [in VM], owner: T's fn is called when REQ ends, unless lco_req_untie() comes
 * first. */
void lco_req_tie(lco_req *req, lco_tie *t, void (*fn)(lco_tie *t));
void lco_req_untie(lco_tie *t);

/* ---- for API files, [in VM] ---- */

/* The current request; raises "no request found" where there is none (init
 * phases, timers have one). */
LX_RAISES lco_req *lco_req_check(lua_State *L);
/* The same, NULL where there is none. */
lco_req *lco_req_get(lua_State *L);

#define LCO_BIT(phase) (1u << (phase))
#define LCO_YIELDABLE                                                          \
    (LCO_BIT(LCO_PHASE_SERVER_REWRITE) | LCO_BIT(LCO_PHASE_REWRITE) |          \
     LCO_BIT(LCO_PHASE_ACCESS) | LCO_BIT(LCO_PHASE_AUTHZ) |                    \
     LCO_BIT(LCO_PHASE_PRECONTENT) | LCO_BIT(LCO_PHASE_HANDLER) |              \
     LCO_BIT(LCO_PHASE_TIMER))
#define LCO_OUTPUT                                                             \
    (LCO_BIT(LCO_PHASE_SERVER_REWRITE) | LCO_BIT(LCO_PHASE_REWRITE) |          \
     LCO_BIT(LCO_PHASE_ACCESS) | LCO_BIT(LCO_PHASE_PRECONTENT) |               \
     LCO_BIT(LCO_PHASE_HANDLER))
/* Where ngx.req.set_uri(uri, true) may jump.  It writes r->uri (and what else
 * is to change) and ends by `return lco_req_jump(L, req)`: the phase is over,
 * and the request goes on with the search for the new URI's sections.  After
 * LuaCoServerRewrite that comes next anyway.  Output wins: once something was
 * sent, the response ends instead. */
#define LCO_JUMPS                                                              \
    (LCO_BIT(LCO_PHASE_SERVER_REWRITE) | LCO_BIT(LCO_PHASE_REWRITE))
LX_RAISES int lco_req_jump(lua_State *L, lco_req *req);

/* Raises "attempt to abort with pending subrequests" while REQ captures: before
 * anything that ends its Lua. */
LX_RAISES void lco_req_check_abortable(lua_State *L, const lco_req *req);

/* Raises "API disabled in the context of LuaCoLog" unless the request's phase
 * is in MASK.  The first line of an API function. */
LX_RAISES void lco_req_check_phase(lua_State *L, lco_req *req, unsigned mask);

/* ---- output, req/outbox.c, called by the owner, [in VM] allowed ---- */

/* What ngx.say does first: fixes the headers as sent if they are not.
 * Returns 0, or -1 when the output is closed. */
int lco_out_headers(lco_req *req);
/* Appends to the outbox; copies.  The headers are fixed first. */
int lco_out_write(lco_req *req, const char *data, apr_size_t len);
/* The same for the string at IDX, which is kept instead of copied if it is
 * long. */
LX_RAISES int lco_out_string(lco_req *req, lua_State *L, int idx);
int lco_out_eof(lco_req *req);

enum {
    LCO_SERVICE_FLUSH = 1,
    LCO_SERVICE_BODY, /* the request body is wanted or discarded */
    LCO_SERVICE_CALL  /* req->call */
};

/* ---- life, req/ctx.c ---- */

/* The record of r, made if there is none (NULL: no memory).  Owner. */
lco_req *lco_req_obtain(request_rec *r);
/* The record of r or NULL. */
lco_req *lco_req_find(request_rec *r);
/* The request that internal redirects led from to r, r itself if none did. */
request_rec *lco_req_first(request_rec *r);

/* Is it the same request, but for internal redirects between the two? */
int lco_req_is_same(const lco_req *a, const lco_req *b);
/* Owner, VM not entered: ends its Lua if any and takes it off all lists;
 * needed where r's pool goes without the request being finished. */
void lco_req_discard(lco_req *req);
/* [in VM], owner: ends its Lua, cancels its waits. */
void lco_req_abort(lco_req *req);
/* [in VM]  Puts REQ on the loop's list of requests that have something to do,
 * takes it off. */
void lco_req_ready(lco_req *req);
void lco_req_unready(lco_req *req);

#endif

/* Driving a request's Lua: start, resume, drain the output, wait, go on.
 *
 * Thread: the request's owner, with no VM entered.
 */
#ifndef LCO_REQ_DRIVE_H
#define LCO_REQ_DRIVE_H

#include "req/req.h"

typedef enum lco_drove {
    DROVE_ENDED, /* result is known, little output is left */
    DROVE_WAITS, /* all of it waits */
    DROVE_WORKER /* a worker thread must go on */
} lco_drove;

/* A worker, from a hook: runs CODE as PHASE of r.  Returns what the hook
 * returns: OK, DONE, SUSPENDED (parked) or a status. */
int lco_drive_phase(request_rec *r, lco_phase phase, const lco_code *code);

/* The owner, VM left: makes the record of r ready for CODE of PHASE.  NULL: no
 * memory, which is logged. */
lco_req *lco_drive_begin(request_rec *r, lco_phase phase, const lco_code *code);
/* The owner: enters the VM of the request, which it gets here if it has
 * none.  Leave it by lco_vm_leave(req->vm). */
void lco_drive_enter(lco_req *req, int on_loop);
/* LuaCoCodeCache of the phase that runs: an lco_code_cache. */
int lco_drive_cache(const lco_req *req);

/* A worker, from a hook: runs CODE as a phase that cannot yield, by a plain
 * protected call.  Errors are logged. */
void lco_drive_call(request_rec *r, lco_phase phase, const lco_code *code);

/* The owner, VM left: runs what there is to run until the request's Lua ended,
 * or all of it waits.  ON_LOOP: nothing that may block is done. */
lco_drove lco_drive_run(lco_req *req, int on_loop);
/* [in VM], the loop, owner: the same as far as it goes without leaving the VM.
 * 1: all of the request's Lua waits again; 0: leave the VM, lco_drive_run(). */
int lco_drive_inside(lco_req *req);

/* [in VM]  Does it matter to the request's Lua that its client leaves? */
int lco_drive_heeds_client(const lco_req *req);
/* [in VM]  Is the client known to be gone, and does Lua end with it, or its
 * ngx.on_abort begin? */
int lco_drive_client_left(const lco_req *req);
/* [in VM]  Does the child end what still waits? */
int lco_drive_stop_asked(lco_req *req);

/* A worker that took a parked connection up: goes on with the request to its
 * end, or to the next park (c->cs->state says which). */
void lco_drive_go_on(lco_req *req);

/* A thread that took the request up: its Lua goes on to the end of the phase,
 * and httpd's phases after it are run.  Returns what the hook would have
 * returned (SUSPENDED: it waits again); OK of a phase before the handler:
 * that one is to be invoked. */
int lco_drive_resume(lco_req *req);

/* A worker: the MPM closes the connection of an unfinished request: ends its
 * Lua, logs it. */
void lco_drive_lost(lco_req *req);

/* Turns what the phase came to into the hook's answer, passing what is left of
 * the response.  A worker; the loop where lco_finish_can() allowed it. */
int lco_drive_outcome(lco_req *req);

/* A subrequest may only be looked up (an index file, a variant, a line of a
 * listing), and then its output filters are those of its main request.  So a
 * check of a subrequest allows or refuses; what it writes goes nowhere. */
int lco_drive_is_mute(const lco_req *req);

/* child_init, before the VM's loop runs. */
void lco_drive_start(lco_vm *vm);

/* The loop's turn hook, [in VM]. */
int lco_drive_turn(lco_vm *vm);

/* What lco_vm.warn is: a warning of the current request. */
void lco_drive_warn(lco_vm *vm, const char *msg);

/* child_stopping.  GRACEFUL: parked requests go on until LuaCoShutdownTimeout.
 * Else every waiting thread is told to give up. */
void lco_drive_stopping(int graceful);

#endif

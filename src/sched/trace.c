/* The scheduler trace: the contract's lines, and nowhere else.
 *
 * A coroutine gets its number when a line names it for the first time, which
 * keeps the numbers the reference's probes would give.  Nothing here runs, and
 * no number is given, unless the run is traced.
 */
#include "sched/sched.h"

#include <stdio.h>

static unsigned number(lco_run *run, lco_co *co)
{
    if (co == NULL) {
        return 0;
    }
    if (co->no == 0 && run->trace_next != NULL) {
        co->no = (*run->trace_next)++;
    }
    return co->no;
}

static void pair(lco_run *run, const char *verb, lco_co *co, lco_co *parent)
{
    char line[64];
    unsigned p, c;

    if (!run->tracing) {
        return;
    }
    p = number(run, parent); /* first: an entry thread is 1 */
    c = number(run, co);
    snprintf(line, sizeof(line), "%s %u in %u", verb, c, p);
    run->host->trace(run, line);
}

static void single(lco_run *run, const char *verb, unsigned no,
                   const char *after)
{
    char line[64];

    snprintf(line, sizeof(line), "%s %u%s", verb, no, after);
    run->host->trace(run, line);
}

void lco_trace_create(lco_run *run, lco_co *co, lco_co *parent)
{
    pair(run, "create", co, parent);
}

void lco_trace_spawn(lco_run *run, lco_co *co, lco_co *parent)
{
    pair(run, "spawn user thread", co, parent);
}

void lco_trace_resume(lco_run *run, lco_co *co, lco_co *parent)
{
    pair(run, "resume", co, parent);
}

void lco_trace_yield(lco_run *run, lco_co *co, lco_co *parent)
{
    pair(run, "yield", co, parent);
}

void lco_trace_post(lco_run *run, lco_co *co)
{
    if (run->tracing) {
        single(run, "post thread", number(run, co), "");
    }
}

void lco_trace_run_posted(lco_run *run, unsigned no)
{
    if (run->tracing) {
        single(run, "run posted thread", no, "");
    }
}

void lco_trace_end(lco_run *run, lco_co *co, int ok)
{
    if (run->tracing) {
        single(run, "terminate", number(run, co), ok ? ": ok" : ": fail");
    }
}

void lco_trace_delete(lco_run *run, lco_co *co)
{
    if (run->tracing) {
        single(run, "delete thread", number(run, co), "");
    }
}

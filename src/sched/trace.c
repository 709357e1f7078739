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

static void line(lco_run *run, const char *verb, unsigned no, const char *after)
{
    char text[64];

    snprintf(text, sizeof(text), "%s %u%s", verb, no, after);
    run->host->trace(run, text);
}

void lco_trace_pair(lco_run *run, const char *verb, lco_co *co, lco_co *parent)
{
    char text[64];
    unsigned p, c;

    p = number(run, parent); /* first: an entry thread is 1 */
    c = number(run, co);
    snprintf(text, sizeof(text), "%s %u in %u", verb, c, p);
    run->host->trace(run, text);
}

void lco_trace_one(lco_run *run, const char *verb, lco_co *co,
                   const char *after)
{
    line(run, verb, number(run, co), after);
}

void lco_run_name_entry(lco_run *run)
{
    if (run->tracing) {
        (void) number(run, run->entry);
    }
}

void lco_trace_number(lco_run *run, const char *verb, unsigned no)
{
    line(run, verb, no, "");
}

/* The scheduler without httpd: whole transcripts of what happens, line by
 * line, in the order in which lua-nginx-module has it.  The cases stand in
 * sched_cases.h.  `test_sched -p N` prints the transcript of case N,
 * `test_sched -l N` its Lua.
 */
#include "sched_host.h"

#include "sched_cases.h"

#define NCASES ((int) (sizeof(cases) / sizeof(cases[0])))

/* Runs SOURCE and wakes what WAKES says, one word after the other. */
static void play(host *h, const char *source, const char *wakes)
{
    char word[24];
    int used;

    compile(h, source);
    host_start(h);
    while (sscanf(wakes, "%23s%n", word, &used) == 1) {
        wakes += used;
        if (strcmp(word, "!abort") == 0) {
            note(h, "abort");
            lco_run_abort(&h->run);
        }
        else if (host_wake(h, word) == -100) {
            note(h, "nobody sleeps %s", word);
        }
    }
}

static void check_ended(host *h, const char *name)
{
    char what[200];

    snprintf(what, sizeof(what), "%s: nothing is left", name);
    tap_ok(h->run.ended && lco_sched_anchored(h->sched) == 0 &&
               h->run.pending == NULL && h->run.threads == NULL &&
               h->run.cur == NULL && host_waits(h) == 0 &&
               lua_gettop(h->L) == 0,
           what);
}

static void run_case(const sched_case *c)
{
    host *h = new_host(8, NULL, NULL);

    h->full_log = c->full_log;
    play(h, c->lua, c->wakes);
    tap_is(h->text, c->expect, c->name);
    lco_run_abort(&h->run);
    check_ended(h, c->name);
    free_host(h);
}

int main(int argc, char **argv)
{
    host *h;
    int i;

    if (argc == 3) {
        i = atoi(argv[2]);
        if (i >= NCASES) {
            return 1;
        }
        if (argv[1][1] == 'l') {
            printf("%s\n%s\n", cases[i].wakes, cases[i].lua);
            return 0;
        }
        h = new_host(8, NULL, NULL);
        h->full_log = cases[i].full_log;
        play(h, cases[i].lua, cases[i].wakes);
        printf("%s", h->text);
        lco_run_abort(&h->run);
        free_host(h);
        return 0;
    }

    for (i = 0; i < NCASES; i++) {
        run_case(&cases[i]);
    }
    return tap_done();
}

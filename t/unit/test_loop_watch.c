/* loop/poller.c: watches of descriptors, their reuse and their end. */
#include "loop_bench.h"

typedef struct twatch {
    lco_watch w;
    int fds[2];
    char name;
    void (*also)(lco_loop *loop, struct twatch *tw);
} twatch;

static void watch_fn(lco_loop *loop, lco_watch *w, unsigned revents)
{
    twatch *tw = w->data;

    note(revents & EPOLLIN ? tw->name : '?');
    if (tw->also != NULL) {
        tw->also(loop, tw);
    }
}

static void tw_init(twatch *tw, char name, void (*also)(lco_loop *, twatch *))
{
    memset(tw, 0, sizeof(*tw));
    if (pipe(tw->fds) != 0) {
        perror("pipe");
        exit(1);
    }
    tw->w.fd = tw->fds[0];
    tw->w.events = EPOLLIN;
    tw->w.fn = watch_fn;
    tw->w.data = tw;
    tw->name = name;
    tw->also = also;
}

static void tw_close(twatch *tw)
{
    close(tw->fds[0]);
    close(tw->fds[1]);
}

static void feed(twatch *tw)
{
    if (write(tw->fds[1], "x", 1) != 1) {
        perror("write");
        exit(1);
    }
}

static void eat(lco_loop *loop, twatch *tw)
{
    char c;

    (void) loop;
    if (read(tw->fds[0], &c, 1) != 1) {
        note('!');
    }
}

static twatch *w_other;

static void also_stop_watch(lco_loop *loop, twatch *tw)
{
    eat(loop, tw);
    lco_watch_stop(loop, &w_other->w);
}

static void test_watch(void)
{
    bench b;
    twatch a, c;
    twatch bad;

    setup(&b);
    b.turn = note_turn;
    tw_init(&a, 'a', eat);
    is_int(lco_watch_start(b.loop, &a.w), 0, "a watch starts");
    ok(a.w.armed, "and is armed");
    is_int(lco_loop_watches(b.loop), 1, "and counted");
    feed(&a);
    feed(&a);
    run_here(&b, 2 * MS);
    is_seen("a|a|.||", "it calls back for as long as the descriptor is ready");
    lco_watch_stop(b.loop, &a.w);
    lco_watch_stop(b.loop, &a.w);
    is_int(lco_loop_watches(b.loop), 0, "stopped twice it is stopped once");
    teardown(&b);

    /* Both are ready in the same turn; whichever comes first stops the
     * other. */
    setup(&b);
    tw_init(&c, 'c', NULL);
    w_other = &c;
    a.also = also_stop_watch;
    lco_watch_start(b.loop, &a.w);
    lco_watch_start(b.loop, &c.w);
    feed(&a);
    feed(&c);
    run_here(&b, 2 * MS);
    is_seen("a.", "a watch stopped in the same turn gets no callback");
    lco_watch_stop(b.loop, &a.w);
    teardown(&b);

    setup(&b);
    memset(&bad, 0, sizeof(bad));
    bad.w.fd = -1;
    bad.w.events = EPOLLIN;
    errno = 0;
    ok(lco_watch_start(b.loop, &bad.w) == -1 && errno == EBADF,
       "a bad descriptor is an error");
    ok(!bad.w.armed && lco_loop_watches(b.loop) == 0, "and leaves nothing");
    teardown(&b);
    tw_close(&a);
    tw_close(&c);
}

static twatch fresh;

/* Stops the other watch and starts another one in its memory, which epoll
 * knows by the same slot. */
static void also_replace(lco_loop *loop, twatch *tw)
{
    eat(loop, tw);
    lco_watch_stop(loop, &w_other->w);
    w_other->w.fd = fresh.fds[0];
    w_other->name = 'n';
    if (lco_watch_start(loop, &w_other->w) != 0) {
        note('!');
    }
}

static void also_not_reading(lco_loop *loop, twatch *tw)
{
    eat(loop, tw);
    w_other->w.events = EPOLLPRI;
    if (lco_watch_start(loop, &w_other->w) != 0) {
        note('!');
    }
}

static void test_watch_reuse(void)
{
    bench b;
    twatch a, c;

    setup(&b);
    tw_init(&a, 'a', also_replace);
    tw_init(&c, 'c', NULL);
    tw_init(&fresh, 'f', NULL);
    w_other = &c;
    lco_watch_start(b.loop, &a.w);
    lco_watch_start(b.loop, &c.w);
    feed(&a);
    feed(&c);
    run_here(&b, 2 * MS);
    is_seen("a.", "an event of a stopped watch is not given to the one that "
                  "has its memory and slot");
    c.name = 'c';
    teardown(&b);
    a.w.armed = c.w.armed = 0;

    setup(&b);
    c.w.fd = c.fds[0];
    a.also = also_not_reading;
    eat(b.loop, &c);
    lco_watch_start(b.loop, &a.w);
    lco_watch_start(b.loop, &c.w);
    feed(&a);
    feed(&c);
    run_here(&b, 2 * MS);
    is_seen("a.", "an event that is no longer wanted is not given");
    teardown(&b);
    tw_close(&a);
    tw_close(&c);
    tw_close(&fresh);
}

static void test_watch_many(void)
{
    enum {
        N = 300
    };
    static twatch w[N];
    bench b;
    int all = 1;

    setup(&b);
    for (int i = 0; i < N; i++) {
        tw_init(&w[i], 'w', eat);
        all &= lco_watch_start(b.loop, &w[i].w) == 0;
        feed(&w[i]);
    }
    ok(all, "three hundred watches start");
    run_here(&b, 20 * MS);
    is_int((long long) nseen, N + 1, "and each is called once");
    forget();
    for (int i = 0; i < N; i++) {
        lco_watch_stop(b.loop, &w[i].w);
    }
    is_int(lco_loop_watches(b.loop), 0, "and all are stopped");
    for (int i = 0; i < N; i++) {
        all &= lco_watch_start(b.loop, &w[i].w) == 0;
    }
    ok(all && b.loop->nslots <= 512, "slots are used again");
    teardown(&b);
    for (int i = 0; i < N; i++) {
        tw_close(&w[i]);
    }
}

/* The loop has the event in hand and waits for the VM while its holder stops
 * the watch. */
static void test_watch_stopped_by_worker(void)
{
    bench b;
    twatch *a = malloc(sizeof(*a));
    int fd;

    setup(&b);
    tw_init(a, 'a', eat);
    lco_watch_start(b.loop, &a->w);
    start(&b);
    enter_while_polling(&b);
    feed(a);
    while (atomic_load(&b.loop->state) == LCO_LOOP_POLLING) {
        usleep(50);
    }
    lco_watch_stop(b.loop, &a->w);
    fd = a->fds[1];
    close(a->fds[0]);
    free(a);
    leave(&b);
    stop(&b);
    is_seen("", "a watch stopped by a worker while the loop waits for the VM "
                "gets no callback");
    close(fd);
    teardown(&b);
}

int main(void)
{
    begin();
    test_watch();
    test_watch_reuse();
    test_watch_many();
    test_watch_stopped_by_worker();
    return done_testing();
}

/* The threads of captures, and what waits for one.
 *
 * Two kinds of jobs.  To look for a target and to run Lua takes no long; one
 * capture of a VM after the other does it, in the order in which they were
 * made, as nginx's subrequests do.  To serve, in a handler that may block, is
 * for LuaCoCaptureThreads at a time.  Threads are made when a job has none and
 * stay, as many as can work at a time; they are of no kind, what they do at the
 * moment is counted.
 *
 * Any thread; the one lock is a leaf.  The hard thing: a thread that waits
 * for Lua may wait for captures that need a thread.  So it does not count
 * meanwhile, and another one may be made in its place.
 */
#include "req/capture.h"

#include <signal.h>
#include <stdlib.h>

#include <apr_thread_proc.h>
#include <http_log.h>

APLOG_USE_MODULE(luaco);

TAILQ_HEAD(queue, lco_capture);

/* The captures of one VM that want to look. */
typedef struct looks {
    struct queue queue;
    int busy; /* one does */
} looks;

typedef struct worker {
    LIST_ENTRY(worker) link;
    apr_pool_t *pool; /* own allocator */
    apr_thread_t *thread;
} worker;

/* What the calling thread is counted for. */
typedef struct duty {
    lco_vm *vm; /* it looks for this VM's, or NULL */
    int serves;
} duty;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t news = PTHREAD_COND_INITIALIZER;
/* All under the lock. */
static looks *of_vm;
static struct queue serves = TAILQ_HEAD_INITIALIZER(serves);
static int serving, max_serving;
static int idle, called; /* threads that wait; of them told to look */
static int stopping;
static LIST_HEAD(, worker) workers = LIST_HEAD_INITIALIZER(workers);
static int nworkers;
static worker *leaver; /* the last thread that left: to be joined */
static server_rec *main_server;

static _Thread_local duty *mine;

static void *APR_THREAD_FUNC work(apr_thread_t *thread, void *data);

static int any_look(void)
{
    int i;

    for (i = 0; i < lco_vm_count(); i++) {
        if (!of_vm[i].busy && !TAILQ_EMPTY(&of_vm[i].queue)) {
            return 1;
        }
    }
    return 0;
}

static int any_job(void)
{
    return (serving < max_serving && !TAILQ_EMPTY(&serves)) || any_look();
}

static apr_pool_t *own_pool(void)
{
    apr_allocator_t *allocator;
    apr_pool_t *pool;

    if (apr_allocator_create(&allocator) != APR_SUCCESS) {
        return NULL;
    }
    if (apr_pool_create_ex(&pool, NULL, NULL, allocator) != APR_SUCCESS) {
        apr_allocator_destroy(allocator);
        return NULL;
    }
    apr_allocator_owner_set(allocator, pool);
    apr_pool_tag(pool, "luaco_capture_thread");
    return pool;
}

/* [lock]  One more thread; 0: none could be made. */
static int make_thread(void)
{
    apr_pool_t *pool = own_pool();
    apr_threadattr_t *attr;
    sigset_t all, old;
    apr_status_t rv;
    worker *w;

    if (!pool) {
        return 0;
    }
    w = apr_pcalloc(pool, sizeof(*w));
    w->pool = pool;
    apr_threadattr_create(&attr, pool);
    apr_threadattr_detach_set(attr, 0);
    /* Signals are the MPM's business. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    rv = ap_thread_create(&w->thread, attr, work, w, pool);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (rv != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_ERR, rv, main_server,
                     "luaco: no thread for a capture");
        apr_pool_destroy(pool);
        return 0;
    }
    LIST_INSERT_HEAD(&workers, w, link);
    nworkers++;
    return 1;
}

/* [lock]  There may be a job that nobody is on the way to.  0: nobody will
 * ever come to it. */
static int call_thread(void)
{
    if (!any_job()) {
        return 1;
    }
    if (idle > called) {
        called++;
        pthread_cond_signal(&news);
        return 1;
    }
    return make_thread() || !LIST_EMPTY(&workers);
}

/* [lock]  The next job, or NULL. */
static lco_capture *take_job(duty *d, lco_capture_job *job)
{
    lco_capture *cap;
    int i;

    if (serving < max_serving && (cap = TAILQ_FIRST(&serves))) {
        TAILQ_REMOVE(&serves, cap, queue_link);
        serving++;
        d->serves = 1;
        *job = LCO_CAPTURE_SERVE;
        return cap;
    }
    for (i = 0; i < lco_vm_count(); i++) {
        if (!of_vm[i].busy && (cap = TAILQ_FIRST(&of_vm[i].queue))) {
            TAILQ_REMOVE(&of_vm[i].queue, cap, queue_link);
            of_vm[i].busy = 1;
            d->vm = cap->vm;
            *job = LCO_CAPTURE_LOOK;
            return cap;
        }
    }
    return NULL;
}

/* [lock]  The thread counts no more. */
static void put_down(duty *d)
{
    if (d->serves) {
        serving--;
        d->serves = 0;
    }
    if (d->vm) {
        of_vm[d->vm->id].busy = 0;
        d->vm = NULL;
    }
}

static void join(worker *w)
{
    apr_status_t rv;

    (void) apr_thread_join(&rv, w->thread);
    apr_pool_destroy(w->pool);
}

/* [lock]  A thread that was made in the place of one that waited has become
 * too many.  Each joins the one before it. */
static void leave(worker *w)
{
    worker *before = leaver;

    leaver = w;
    LIST_REMOVE(w, link);
    nworkers--;
    pthread_mutex_unlock(&lock);
    if (before) {
        join(before);
    }
}

static void *APR_THREAD_FUNC work(apr_thread_t *thread, void *data)
{
    duty d = {NULL, 0};
    lco_capture_job job = LCO_CAPTURE_LOOK;
    lco_capture *cap;

    mine = &d;
    pthread_mutex_lock(&lock);
    while (!stopping) {
        cap = take_job(&d, &job);
        if (!cap) {
            if (nworkers > max_serving + lco_vm_count()) {
                leave(data);
                mine = NULL;
                return NULL;
            }
            idle++;
            pthread_cond_wait(&news, &lock);
            idle--;
            if (called > 0) {
                called--;
            }
            continue;
        }
        (void) call_thread(); /* there may be more */
        pthread_mutex_unlock(&lock);
        cap->c->current_thread = thread;
        if (lco_capture_run(cap, job)) {
            d.vm = NULL; /* the loop says when the next one may look */
        }
        pthread_mutex_lock(&lock);
        put_down(&d);
    }
    pthread_mutex_unlock(&lock);
    mine = NULL;
    return NULL;
}

int lco_capture_queue(lco_capture *cap, lco_capture_job job)
{
    int ok;

    pthread_mutex_lock(&lock);
    if (stopping) {
        pthread_mutex_unlock(&lock);
        return 0;
    }
    cap->job = job;
    if (job == LCO_CAPTURE_SERVE) {
        TAILQ_INSERT_TAIL(&serves, cap, queue_link);
    }
    else {
        TAILQ_INSERT_TAIL(&of_vm[cap->vm->id].queue, cap, queue_link);
    }
    ok = call_thread();
    if (!ok) {
        /* No thread has ever been made: it is still there. */
        TAILQ_REMOVE(job == LCO_CAPTURE_SERVE ? &serves
                                              : &of_vm[cap->vm->id].queue,
                     cap, queue_link);
    }
    pthread_mutex_unlock(&lock);
    return ok;
}

int lco_capture_may_serve(void)
{
    int may;

    pthread_mutex_lock(&lock);
    may = serving < max_serving;
    put_down(mine);
    if (may) {
        serving++;
        mine->serves = 1;
    }
    (void) call_thread();
    pthread_mutex_unlock(&lock);
    return may;
}

void lco_capture_look_over(lco_vm *vm)
{
    pthread_mutex_lock(&lock);
    of_vm[vm->id].busy = 0;
    if (!stopping) {
        (void) call_thread();
    }
    pthread_mutex_unlock(&lock);
}

int lco_capture_looks(void)
{
    return mine && mine->vm;
}

void lco_capture_thread_waits(int waits)
{
    static _Thread_local int served, depth;

    if (!mine || (waits ? depth++ : --depth) > 0) {
        return;
    }
    pthread_mutex_lock(&lock);
    if (waits) {
        served = mine->serves;
        put_down(mine);
        (void) call_thread();
    }
    else if (served) {
        /* It goes on at once: for a moment there may be more than allowed. */
        serving++;
        mine->serves = 1;
        served = 0;
    }
    pthread_mutex_unlock(&lock);
}

/* Before the loops are stopped: what a thread does may wait for them. */
static apr_status_t stop_threads(void *data)
{
    worker *w;

    (void) data;
    if (lco_vm_is_inside()) {
        return APR_SUCCESS; /* prefork: the process ends */
    }
    pthread_mutex_lock(&lock);
    stopping = 1;
    pthread_cond_broadcast(&news);
    pthread_mutex_unlock(&lock);
    for (;;) {
        pthread_mutex_lock(&lock);
        w = LIST_FIRST(&workers);
        if (w) {
            LIST_REMOVE(w, link);
        }
        else {
            w = leaver;
            leaver = NULL;
        }
        pthread_mutex_unlock(&lock);
        if (!w) {
            return APR_SUCCESS;
        }
        join(w);
    }
}

int lco_capture_pool_init(apr_pool_t *child_pool, server_rec *s, int threads)
{
    int i;

    of_vm = calloc((size_t) lco_vm_count(), sizeof(*of_vm));
    if (!of_vm) {
        return 0;
    }
    for (i = 0; i < lco_vm_count(); i++) {
        TAILQ_INIT(&of_vm[i].queue);
    }
    main_server = s;
    max_serving = threads;
    apr_pool_pre_cleanup_register(child_pool, NULL, stop_threads);
    return 1;
}

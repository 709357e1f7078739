/* The error log's last lines; see errlog.h.
 *
 * The hard part: httpd logs in any thread, in processes that it forks to run
 * programs, and while this module holds locks.  The ring's lock is therefore
 * taken for a copy only, and not at all in a process that is not the one that
 * the ring was made for: a lock that another thread held at a fork stays held
 * in the new process.  httpd's signal handlers log too (a crash, prefork's
 * end); one that has interrupted a copy finds the lock its own, and its line is
 * not kept.
 */
#include "vm/errlog.h"

#include <http_log.h>

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

static lco_logring ring;
static pthread_mutex_t lock = PTHREAD_ERRORCHECK_MUTEX_INITIALIZER_NP;
static atomic_int is_on;
static atomic_int filter_level;
static pid_t owner; /* set before the process' threads start */

enum {
    LEVEL_DEBUG = 8
};

static apr_status_t destroy(void *data)
{
    (void) data;
    pthread_mutex_lock(&lock);
    atomic_store(&is_on, 0);
    lco_logring_close(&ring);
    pthread_mutex_unlock(&lock);
    return APR_SUCCESS;
}

int lco_errlog_create(apr_pool_t *conf_pool, apr_size_t size)
{
    if (!size) {
        return 1;
    }
    if (lco_logring_init(&ring, size)) {
        return 0;
    }
    apr_pool_cleanup_register(conf_pool, NULL, destroy, apr_pool_cleanup_null);
    owner = getpid();
    atomic_store(&filter_level, LEVEL_DEBUG);
    atomic_store(&is_on, 1);
    return 1;
}

void lco_errlog_child_init(void)
{
    owner = getpid();
}

int lco_errlog_is_on(void)
{
    return atomic_load(&is_on);
}

int lco_errlog_level(int level)
{
    level = (level & APLOG_LEVELMASK) + 1;
    return level > LEVEL_DEBUG ? LEVEL_DEBUG : level;
}

void lco_errlog_filter(int level)
{
    atomic_store(&filter_level, level);
}

void lco_errlog_put(int level, const char *msg)
{
    level = lco_errlog_level(level);
    if (!atomic_load(&is_on) || level > atomic_load(&filter_level) ||
        getpid() != owner) {
        return;
    }
    if (pthread_mutex_lock(&lock)) {
        return;
    }
    if (ring.data) {
        lco_logring_put(&ring, level, apr_time_now(), msg, strlen(msg));
    }
    pthread_mutex_unlock(&lock);
}

int lco_errlog_take(int *level, apr_time_t *when, char *buf, apr_size_t *len)
{
    int64_t usec;
    int is_there;

    pthread_mutex_lock(&lock);
    is_there = ring.data && lco_logring_take(&ring, level, &usec, buf, len);
    pthread_mutex_unlock(&lock);
    if (is_there) {
        *when = usec;
    }
    return is_there;
}

unsigned lco_errlog_count(void)
{
    unsigned count;

    pthread_mutex_lock(&lock);
    count = ring.count;
    pthread_mutex_unlock(&lock);
    return count;
}

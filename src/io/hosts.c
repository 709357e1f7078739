/* /etc/hosts, as a table by name.
 *
 * The hard thing is that nobody who looks up a name may wait for the disk,
 * and that the file may change: stat() finds that out, a thread reads the new
 * one meanwhile, and the tables change places under the lock.
 */
#include "io/hosts.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "loop/loop.h"

enum {
    /* Lists of blocked names have some megabytes. */
    LARGEST_FILE = 32 * 1024 * 1024,
    /* Microseconds between two looks at whether it has changed. */
    EVERY = 1000000
};

typedef struct host {
    struct host *next; /* in its bucket, in the file's order */
    lco_ip ip;
    char name[];
} host;

typedef struct table {
    size_t nbuckets; /* a power of 2 */
    host **buckets;
    host ***ends; /* where a bucket's next one goes; only while it is read */
    struct stat st;
} table;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
/* All under the lock. */
static const char *file; /* NULL: none */
static table *now;
static lco_usec looked; /* when stat() was asked */
static int reading, has_reader;
static pthread_t reader;

static uint32_t hash_of(const char *name)
{
    uint32_t h = 2166136261U;

    for (; *name; name++) {
        h = (h ^ (uint32_t) tolower((unsigned char) *name)) * 16777619U;
    }
    return h;
}

static void free_table(table *t)
{
    host *h, *next;
    size_t i;

    for (i = 0; t && i < t->nbuckets; i++) {
        for (h = t->buckets[i]; h; h = next) {
            next = h->next;
            free(h);
        }
    }
    if (t) {
        free(t->buckets);
        free(t->ends);
    }
    free(t);
}

static table *new_table(size_t lines)
{
    table *t = calloc(1, sizeof(*t));
    size_t i;

    if (!t) {
        return NULL;
    }
    for (t->nbuckets = 64; t->nbuckets < lines; t->nbuckets *= 2) {
        continue;
    }
    t->buckets = calloc(t->nbuckets, sizeof(host *));
    t->ends = calloc(t->nbuckets, sizeof(host **));
    if (!t->buckets || !t->ends) {
        t->nbuckets = 0;
        free_table(t);
        return NULL;
    }
    for (i = 0; i < t->nbuckets; i++) {
        t->ends[i] = &t->buckets[i];
    }
    return t;
}

/* A name that finds no memory is left out. */
static void add(table *t, const lco_ip *ip, const char *name)
{
    size_t len = strlen(name), at = hash_of(name) & (t->nbuckets - 1);
    host *h = malloc(sizeof(*h) + len + 1);

    if (h) {
        h->next = NULL;
        h->ip = *ip;
        memcpy(h->name, name, len + 1);
        *t->ends[at] = h;
        t->ends[at] = &h->next;
    }
}

static int parse_ip(lco_ip *ip, const char *text)
{
    memset(ip, 0, sizeof(*ip));
    ip->family = strchr(text, ':') ? AF_INET6 : AF_INET;
    return inet_pton(ip->family, text, ip->bytes) == 1;
}

static void parse_line(table *t, char *line)
{
    char *rest, *word;
    lco_ip ip;

    line[strcspn(line, "#\r")] = '\0';
    word = strtok_r(line, " \t\v\f", &rest);
    if (!word || !parse_ip(&ip, word)) {
        return;
    }
    while ((word = strtok_r(NULL, " \t\v\f", &rest))) {
        add(t, &ip, word);
    }
}

/* What is in the file, with a 0 behind it; NULL: none that can be read. */
static char *read_file(const char *path, struct stat *st)
{
    /* No waiting for the writer of a pipe. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    char *text = NULL;
    size_t len = 0;
    ssize_t n = 1;

    memset(st, 0, sizeof(*st));
    if (fd < 0) {
        return NULL;
    }
    if (fstat(fd, st) == 0 && S_ISREG(st->st_mode) && st->st_size >= 0 &&
        st->st_size <= LARGEST_FILE) {
        text = malloc((size_t) st->st_size + 1);
    }
    while (text && n > 0 && len < (size_t) st->st_size) {
        n = read(fd, text + len, (size_t) st->st_size - len);
        len += n > 0 ? (size_t) n : 0;
        n = n < 0 && errno == EINTR ? 1 : n;
    }
    if (text) {
        text[len] = '\0';
    }
    close(fd);
    return text;
}

static table *read_table(const char *path)
{
    struct stat st;
    char *text = read_file(path, &st), *line, *rest = text;
    size_t lines = 0;
    table *t;

    for (line = text; line && *line; line++) {
        lines += *line == '\n';
    }
    t = new_table(lines);
    if (t) {
        while (text && (line = strsep(&rest, "\n"))) {
            parse_line(t, line);
        }
        free(t->ends);
        t->ends = NULL;
        t->st = st;
    }
    free(text);
    return t;
}

/* ---- when it changes ---- */

static void *read_again(void *arg)
{
    table *t = read_table(arg), *old;

    pthread_mutex_lock(&lock);
    old = t;
    if (t) {
        old = now;
        now = t;
    }
    pthread_mutex_unlock(&lock);
    free_table(old);
    pthread_mutex_lock(&lock);
    reading = 0;
    pthread_mutex_unlock(&lock);
    return NULL;
}

static int has_changed(void)
{
    struct stat st;

    if (stat(file, &st) != 0) {
        memset(&st, 0, sizeof(st));
    }
    return !now || st.st_ino != now->st.st_ino || st.st_dev != now->st.st_dev ||
           st.st_size != now->st.st_size ||
           st.st_mtim.tv_sec != now->st.st_mtim.tv_sec ||
           st.st_mtim.tv_nsec != now->st.st_mtim.tv_nsec;
}

/* With the lock. */
static void start_reader(void)
{
    sigset_t all, before;

    if (has_reader) {
        /* It is over. */
        pthread_join(reader, NULL);
        has_reader = 0;
    }
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    has_reader = pthread_create(&reader, NULL, read_again,
                                (void *) (uintptr_t) file) == 0;
    reading = has_reader;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

int lco_hosts_find(const char *name, lco_ip *addrs, int max)
{
    lco_usec time = lco_now();
    const host *h;
    int n = 0;

    pthread_mutex_lock(&lock);
    if (file && !reading && time - looked >= EVERY) {
        looked = time;
        if (has_changed()) {
            start_reader();
        }
    }
    h = now ? now->buckets[hash_of(name) & (now->nbuckets - 1)] : NULL;
    for (; h && n < max; h = h->next) {
        if (strcasecmp(h->name, name) == 0) {
            addrs[n++] = h->ip;
        }
    }
    pthread_mutex_unlock(&lock);
    return n;
}

void lco_hosts_unload(void)
{
    pthread_t other;
    int wait;

    pthread_mutex_lock(&lock);
    file = NULL;
    other = reader;
    wait = has_reader;
    has_reader = 0;
    pthread_mutex_unlock(&lock);
    if (wait) {
        pthread_join(other, NULL);
    }
    free_table(now);
    now = NULL;
}

void lco_hosts_load(const char *path)
{
    table *t = read_table(path);

    lco_hosts_unload();
    pthread_mutex_lock(&lock);
    file = path;
    now = t;
    looked = lco_now();
    pthread_mutex_unlock(&lock);
}

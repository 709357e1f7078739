/* The last messages of a log in a fixed piece of memory: a new one takes the
 * place of the oldest.
 *
 * Thread: the caller's lock.  Memory: one malloc, at the start.
 */
#ifndef LCO_UTIL_LOGRING_H
#define LCO_UTIL_LOGRING_H

#include <stddef.h>
#include <stdint.h>

enum {
    /* Longer messages are cut: httpd's log has 8 KiB lines. */
    LCO_LOGRING_MESSAGE = 8192,
    /* What the ring needs at least. */
    LCO_LOGRING_MIN = 256
};

typedef struct lco_logring {
    char *data;
    size_t size;
    size_t start; /* of the oldest message */
    size_t used;
    unsigned count;
} lco_logring;

/* 0, or -1 when out of memory or SIZE is too small. */
int lco_logring_init(lco_logring *ring, size_t size);
void lco_logring_close(lco_logring *ring);

/* Adds a message; the oldest go until it fits.  One that is longer than the
 * whole ring is cut. */
void lco_logring_put(lco_logring *ring, int level, int64_t usec,
                     const char *msg, size_t len);

/* Takes the oldest message out: its text into BUF (LCO_LOGRING_MESSAGE bytes),
 * the length into LEN.  Returns 0 if there is none. */
int lco_logring_take(lco_logring *ring, int *level, int64_t *usec, char *buf,
                     size_t *len);

#endif

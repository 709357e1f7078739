/* A ring of messages; see logring.h.  Any thread, under the caller's lock.
 *
 * A message is a head and its text, one behind the other, and may go on at the
 * beginning of the memory: both are copied in and out byte by byte, so nothing
 * is aligned. */
#include "util/logring.h"

#include <stdlib.h>
#include <string.h>

typedef struct head {
    int64_t usec;
    uint32_t len;
    int32_t level;
} head;

int lco_logring_init(lco_logring *ring, size_t size)
{
    memset(ring, 0, sizeof(*ring));
    ring->data = size < LCO_LOGRING_MIN ? NULL : malloc(size);
    ring->size = size;
    return ring->data ? 0 : -1;
}

void lco_logring_close(lco_logring *ring)
{
    free(ring->data);
    memset(ring, 0, sizeof(*ring));
}

/* OFFSET bytes behind the oldest message's start. */
static void copy_in(lco_logring *ring, size_t offset, const void *from,
                    size_t len)
{
    size_t at = (ring->start + offset) % ring->size;
    size_t first = ring->size - at < len ? ring->size - at : len;

    memcpy(ring->data + at, from, first);
    memcpy(ring->data, (const char *) from + first, len - first);
}

static void copy_out(const lco_logring *ring, size_t offset, void *to,
                     size_t len)
{
    size_t at = (ring->start + offset) % ring->size;
    size_t first = ring->size - at < len ? ring->size - at : len;

    memcpy(to, ring->data + at, first);
    memcpy((char *) to + first, ring->data, len - first);
}

static void drop_oldest(lco_logring *ring)
{
    head h;

    copy_out(ring, 0, &h, sizeof(h));
    ring->start = (ring->start + sizeof(h) + h.len) % ring->size;
    ring->used -= sizeof(h) + h.len;
    ring->count--;
}

void lco_logring_put(lco_logring *ring, int level, int64_t usec,
                     const char *msg, size_t len)
{
    head h;

    if (len > LCO_LOGRING_MESSAGE) {
        len = LCO_LOGRING_MESSAGE;
    }
    if (len > ring->size - sizeof(h)) {
        len = ring->size - sizeof(h);
    }
    while (ring->size - ring->used < sizeof(h) + len) {
        drop_oldest(ring);
    }
    h.usec = usec;
    h.len = (uint32_t) len;
    h.level = level;
    copy_in(ring, ring->used, &h, sizeof(h));
    copy_in(ring, ring->used + sizeof(h), msg, len);
    ring->used += sizeof(h) + len;
    ring->count++;
}

int lco_logring_take(lco_logring *ring, int *level, int64_t *usec, char *buf,
                     size_t *len)
{
    head h;

    if (!ring->count) {
        return 0;
    }
    copy_out(ring, 0, &h, sizeof(h));
    copy_out(ring, sizeof(h), buf, h.len);
    drop_oldest(ring);
    *level = h.level;
    *usec = h.usec;
    *len = h.len;
    return 1;
}

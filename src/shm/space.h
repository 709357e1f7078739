/* The memory of a dictionary: its header, grains, runs and pieces.  For this
 * folder and its tests; docs/shared-dict.md has the picture.
 *
 * All but lco_space_lock() and lco_space_unlock() need the lock.
 *
 * A *grain* is 32 bytes, known by its number; 0 is none.  A *thing* (entry or
 * list item) is one run of grains, or several linked by `next` where no single
 * one was long enough; it is known by its first grain.  It exists from the
 * moment its bit in `live` is set until that bit is cleared, each one store,
 * and only then is what it holds changed, but for fields that are marked.
 * Everything else (`used`, the buckets, all links, the free runs and all
 * counts) is derived from the things that are live, and is derived again
 * after a process has died with the lock.
 */
#ifndef LCO_SHM_SPACE_H
#define LCO_SHM_SPACE_H

#include "shm/dict.h"

#include <pthread.h>

enum {
    LCO_GRAIN = 32,
    LCO_RUN_CLASSES = 64
};

/* The unit tests stop a process at these places. */
#ifndef LCO_SHM_POINT
#define LCO_SHM_POINT() ((void) 0)
#endif

enum {
    LCO_THING_ITEM = 8 /* added to the type of a list's item */
};

/* Where a run of a thing begins. */
typedef struct lco_run_head {
    uint32_t next; /* the thing's next run */
    uint32_t n;    /* grains */
} lco_run_head;

/* A free run; its last four bytes are `n` again. */
typedef struct lco_free_run {
    uint32_t n;
    uint32_t next, prev; /* of its class */
} lco_free_run;

/* What both kinds of things begin with. */
typedef struct lco_thing {
    lco_run_head run;
    uint64_t stamp;   /* changes: entry: greater is used later, unique;
                         item: fixed, its place, lists are in its order */
    uint32_t len;     /* of a string; a list's items: derived */
    uint16_t key_len; /* entry */
    uint8_t type;     /* lco_dict_type, and LCO_THING_ITEM */
    uint8_t unused;
} lco_thing;

typedef struct lco_entry {
    lco_thing t;
    uint32_t hash;
    uint32_t chain;        /* derived: the bucket's next */
    uint32_t newer, older; /* derived: by use */
    uint64_t expires;      /* changes: 0: never */
    int32_t flags;
    /* A string's or boolean's data begins here: the key, then the string. */
    uint32_t unused;
    uint64_t value;   /* changes: number; list: its id */
    uint32_t ends[2]; /* list; derived: leftmost and rightmost item */
    /* a number's, a list's key */
} lco_entry;

typedef struct lco_item {
    lco_thing t;
    uint64_t list;    /* the id of the list that it is of */
    uint32_t entry;   /* and its entry */
    uint32_t side[2]; /* derived: neighbours to the left and right */
    uint32_t unused;
    uint64_t value; /* number */
    /* a string's data begins at `value` */
} lco_item;

struct lco_dict {
    uint64_t magic;
    uint64_t size;                                    /* bytes */
    uint64_t buckets_at, live_at, used_at, grains_at; /* offsets */
    uint32_t grains;                                  /* with number 0 */
    uint32_t bucket_mask;
    uint64_t hash_key[2];
    pthread_mutex_t lock;
    /* under lock, all derived */
    uint64_t clock; /* the last stamp or id given */
    uint32_t newest, oldest;
    uint32_t entries, items;
    uint32_t free_grains;
    uint32_t repairs; /* not derived: how often that was done */
    uint64_t classes; /* which of these are not empty */
    uint32_t free_runs[LCO_RUN_CLASSES];
};

static inline void *lco_at(const lco_dict *d, uint32_t grain)
{
    return (char *) d + d->grains_at + (uint64_t) grain * LCO_GRAIN;
}
static inline lco_run_head *lco_run_at(const lco_dict *d, uint32_t grain)
{
    return lco_at(d, grain);
}
static inline lco_thing *lco_thing_at(const lco_dict *d, uint32_t grain)
{
    return lco_at(d, grain);
}
static inline lco_entry *lco_entry_at(const lco_dict *d, uint32_t grain)
{
    return lco_at(d, grain);
}
static inline lco_item *lco_item_at(const lco_dict *d, uint32_t grain)
{
    return lco_at(d, grain);
}
static inline lco_free_run *lco_free_at(const lco_dict *d, uint32_t grain)
{
    return lco_at(d, grain);
}
static inline uint32_t *lco_buckets(const lco_dict *d)
{
    return (uint32_t *) ((char *) d + d->buckets_at);
}
static inline uint64_t *lco_live(const lco_dict *d)
{
    return (uint64_t *) ((char *) d + d->live_at);
}
static inline uint64_t *lco_used(const lco_dict *d)
{
    return (uint64_t *) ((char *) d + d->used_at);
}
static inline int lco_bit(const uint64_t *bits, uint32_t i)
{
    return (int) (bits[i / 64] >> (i % 64) & 1);
}
static inline uint32_t *lco_bucket(const lco_dict *d, uint32_t hash)
{
    return &lco_buckets(d)[hash & d->bucket_mask];
}

/* Takes the lock; if its last owner died with it, the dictionary is made whole
 * first. */
void lco_space_lock(lco_dict *d);
void lco_space_unlock(lco_dict *d);

/* How many bytes of its first run a thing's header takes; its data follows. */
static inline size_t lco_header_size(unsigned type)
{
    switch (type) {
    case LCO_DICT_INTEGER:
    case LCO_DICT_NUMBER:
        return offsetof(lco_entry, ends);
    case LCO_DICT_LIST:
        return sizeof(lco_entry);
    case LCO_DICT_NIL:
    case LCO_DICT_BOOLEAN:
    case LCO_DICT_STRING:
        return offsetof(lco_entry, unused);
    case LCO_DICT_STRING + LCO_THING_ITEM:
        return offsetof(lco_item, value);
    default:
        return sizeof(lco_item);
    }
}
/* How many bytes of data it has. */
static inline uint64_t lco_data_size(const lco_thing *t)
{
    return (uint64_t) t->key_len +
           ((t->type & ~(unsigned) LCO_THING_ITEM) == LCO_DICT_STRING ? t->len
                                                                      : 0);
}

/* Grains for a thing with HEADER and DATA bytes: its first one with the runs
 * linked, or 0 where there is no room.  Not live, nothing else written. */
uint32_t lco_space_take(lco_dict *d, size_t header, uint64_t data);
/* Gives them back; it is not live any more. */
void lco_space_give(lco_dict *d, uint32_t thing);
/* All grains that are not used become free runs: after `used` was derived. */
void lco_space_free_rest(lco_dict *d);
/* The N grains from FIRST are used. */
void lco_space_use(lco_dict *d, uint32_t first, uint32_t n);

/* The moment from which a thing exists, the moment it is gone. */
void lco_space_set_live(lco_dict *d, uint32_t thing);
void lco_space_set_dead(lco_dict *d, uint32_t thing);

/* A walk through a thing's data. */
typedef struct lco_cursor {
    lco_dict *d;
    char *p;     /* the next byte */
    size_t left; /* of this run */
    uint32_t next;
} lco_cursor;

/* At its data, a header of HEADER bytes. */
void lco_cursor_start(lco_cursor *c, lco_dict *d, uint32_t thing,
                      size_t header);
/* LEN bytes on; COPY is where they are copied to, unless NULL. */
void lco_cursor_read(lco_cursor *c, char *copy, uint64_t len);
void lco_cursor_write(lco_cursor *c, const char *data, uint64_t len);
int lco_cursor_equals(lco_cursor *c, const char *data, size_t len);

/* repair.c: derives all that is derived; returns how many things it dropped.  A
 * process may die in it: the next one begins again. */
unsigned lco_repair(lco_dict *d);
/* Of dict.c, for it and dict_list.c. */
uint32_t lco_dict_find(lco_dict *d, uint32_t hash, const char *key,
                       size_t key_len);
uint32_t lco_dict_hash(const lco_dict *d, const char *key, size_t len);
/* The entry becomes the one used last. */
void lco_dict_touch(lco_dict *d, uint32_t entry);
/* Makes an entry with its key, not live; TYPE and LEN are its value's. */
uint32_t lco_dict_make(lco_dict *d, unsigned type, uint64_t len, uint32_t hash,
                       const char *key, size_t key_len, uint64_t expires,
                       lco_cursor *c);
/* It is live and in its place, or gone with all that it has. */
void lco_dict_enter(lco_dict *d, uint32_t entry);
void lco_dict_remove(lco_dict *d, uint32_t entry);
/* Removes entries that have expired from the end not used for longest: one or
 * two; FORCE: that one whatever it is, and then likewise.  How many went. */
unsigned lco_dict_sweep(lco_dict *d, int64_t *now, int force);
/* *NOW is read from the clock if it matters and is 0. */
int lco_dict_expired(const lco_entry *e, int64_t *now);
/* Room for LEN bytes in BUF, or 0. */
int lco_dict_buf_reserve(lco_dict_buf *buf, size_t len);
/* dict_list.c: the items of a list that is gone. */
void lco_dict_drop_items(lco_dict *d, uint32_t first);

#endif

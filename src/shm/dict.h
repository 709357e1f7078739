/* Shared dictionaries: memory that all children share, with keys and values in
 * it.  docs/shared-dict.md has the layout, and how it is made whole again after
 * a process was killed in the middle of a change.
 *
 * Any thread of any process that has the memory mapped, which is the one that
 * made it and what it forks.  Each function takes the dictionary's lock, a
 * leaf, and has left it when it returns; none of them waits for anything else.
 *
 * Times are milliseconds of one clock, the caller's.  A lifetime of 0 or less
 * is without end.
 */
#ifndef LCO_SHM_DICT_H
#define LCO_SHM_DICT_H

#include <stddef.h>
#include <stdint.h>

typedef struct lco_dict lco_dict;

enum {
    LCO_DICT_MIN = 8192,     /* bytes */
    LCO_DICT_KEY_MAX = 65535 /* bytes */
};
/* Places are numbers of 32 bits, of grains of 32 bytes. */
#define LCO_DICT_MAX (UINT64_C(128) << 30)

typedef enum lco_dict_type {
    LCO_DICT_NIL,
    LCO_DICT_BOOLEAN, /* int_value: 0 or 1 */
    LCO_DICT_INTEGER, /* int_value */
    LCO_DICT_NUMBER,  /* num_value */
    LCO_DICT_STRING,  /* data, len */
    LCO_DICT_LIST
} lco_dict_type;

typedef struct lco_dict_value {
    lco_dict_type type;
    int32_t flags;
    int stale; /* got, but it has expired */
    union {
        int64_t int_value;
        double num_value;
    } u;
    const char *data;
    size_t len;
} lco_dict_value;

/* What a value or keys are copied to: malloc()ed, grown as needed, the owner's
 * to free().  All zero: none yet. */
typedef struct lco_dict_buf {
    char *data;
    size_t size;
} lco_dict_buf;

typedef enum lco_dict_rc {
    LCO_DICT_OK,
    LCO_DICT_NOT_FOUND,
    LCO_DICT_EXISTS,
    LCO_DICT_NO_MEMORY, /* in the dictionary */
    LCO_DICT_NO_BUFFER, /* in the process: malloc() failed */
    LCO_DICT_NOT_NUMBER,
    LCO_DICT_NOT_LIST,
    LCO_DICT_IS_LIST
} lco_dict_rc;

enum {
    LCO_DICT_ADD = 1,     /* only if it is not there */
    LCO_DICT_REPLACE = 2, /* only if it is */
    LCO_DICT_SAFE = 4     /* nothing unexpired makes room for it */
};

enum lco_dict_end {
    LCO_DICT_LEFT,
    LCO_DICT_RIGHT
};

/* A new dictionary in SIZE bytes (LCO_DICT_MIN or more) of memory that is
 * shared with what is forked later, or NULL with errno. */
lco_dict *lco_dict_create(uint64_t size);
/* Unmaps its SIZE bytes in this process. */
void lco_dict_destroy(lco_dict *d, uint64_t size);
/* Is what lies there a dictionary of SIZE bytes as this code lays them out? For
 * a mapping that an earlier load of the module may have made. */
int lco_dict_is_ours(const lco_dict *d, uint64_t size);

/* Called with the lock left when a dictionary was made whole again; DROPPED
 * entries or list items were half-written.  Set before there are threads. */
extern void (*lco_dict_on_repair)(lco_dict *d, unsigned dropped);

/* The value of KEY into V, strings into BUF.  STALE: an expired one counts too.
 * OK, NOT_FOUND, IS_LIST, NO_BUFFER. */
lco_dict_rc lco_dict_get(lco_dict *d, const char *key, size_t key_len,
                         int64_t now, int stale, lco_dict_value *v,
                         lco_dict_buf *buf);

/* Sets KEY to V, or removes it if V is nil (not with ADD or REPLACE).  OPS are
 * LCO_DICT_ADD...; *FORCED: others that had not expired made room.
 * OK, NOT_FOUND (REPLACE), EXISTS (ADD), NO_MEMORY. */
lco_dict_rc lco_dict_set(lco_dict *d, int ops, const char *key, size_t key_len,
                         const lco_dict_value *v, int64_t now, int64_t ttl,
                         int *forced);

/* Adds V (a number) to KEY's number.  INIT, if not NULL, is where a KEY that is
 * not there starts, to live for TTL.  *V becomes the sum.
 * OK, NOT_FOUND, NOT_NUMBER, NO_MEMORY. */
lco_dict_rc lco_dict_incr(lco_dict *d, const char *key, size_t key_len,
                          lco_dict_value *v, const lco_dict_value *init,
                          int64_t now, int64_t ttl, int *forced);

/* How long KEY lives on: below 0: it has expired, 0: without end.
 * OK, NOT_FOUND. */
lco_dict_rc lco_dict_ttl(lco_dict *d, const char *key, size_t key_len,
                         int64_t now, int64_t *ttl);
/* Gives KEY, expired or not, another lifetime.  OK, NOT_FOUND. */
lco_dict_rc lco_dict_expire(lco_dict *d, const char *key, size_t key_len,
                            int64_t now, int64_t ttl);

/* Puts V (a string or a number) at an end of KEY's list, which is made if KEY
 * is not there; *LEN is its length then.  Nothing is removed to make room.
 * OK, NOT_LIST, NO_MEMORY; *NO_LIST: not even for the list without V. */
lco_dict_rc lco_dict_push(lco_dict *d, const char *key, size_t key_len,
                          const lco_dict_value *v, enum lco_dict_end end,
                          int64_t now, uint32_t *len, int *no_list);
/* Takes one from an end; strings into BUF.  OK, NOT_FOUND, NOT_LIST,
 * NO_BUFFER. */
lco_dict_rc lco_dict_pop(lco_dict *d, const char *key, size_t key_len,
                         enum lco_dict_end end, int64_t now, lco_dict_value *v,
                         lco_dict_buf *buf);
/* OK, NOT_FOUND, NOT_LIST. */
lco_dict_rc lco_dict_len(lco_dict *d, const char *key, size_t key_len,
                         int64_t now, uint32_t *len);

/* All entries expire at once; the one not used for longest and two more go. */
void lco_dict_flush_all(lco_dict *d, int64_t now);
/* Removes expired entries, those not used for longest first, at most MAX of
 * them (0: all); returns how many. */
unsigned lco_dict_flush_expired(lco_dict *d, unsigned max, int64_t now);
/* Up to MAX (0: all) keys of entries that have not expired into BUF, those not
 * used for longest first: each as two bytes of length, low byte first, and the
 * key.  *COUNT is their number.  OK, NO_BUFFER. */
lco_dict_rc lco_dict_keys(lco_dict *d, unsigned max, int64_t now,
                          lco_dict_buf *buf, size_t *count);

uint64_t lco_dict_capacity(const lco_dict *d);
/* Bytes that no entry has.  An entry can have all of them, wherever they are.
 */
uint64_t lco_dict_free_space(lco_dict *d);

#endif

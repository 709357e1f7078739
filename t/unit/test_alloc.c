/* vm/alloc.c: blocks keep what is in them, the count is right, nothing is
 * kept after the close. */
#include "vm/alloc.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "vm/vm.h"

#include "tap.h"

enum {
    BLOCKS = 500,
    STEPS = 200000,
    LARGEST = 2500
};

typedef struct block {
    unsigned char *p;
    size_t size;
    unsigned char fill;
} block;

static lco_vm vm;
static block blocks[BLOCKS];

static int is_intact(const block *b, size_t size)
{
    size_t i;

    for (i = 0; i < size; i++) {
        if (b->p[i] != b->fill) {
            return 0;
        }
    }
    return 1;
}

static int set(block *b, size_t size)
{
    size_t same = size < b->size ? size : b->size;
    int good;

    /* for a new object Lua gives its type in place of the old size */
    b->p = lco_vm_alloc(&vm, b->p, b->p ? b->size : 5, size);
    if (size == 0) {
        good = b->p == NULL;
    }
    else {
        good = b->p != NULL && (uintptr_t) b->p % 16 == 0 && is_intact(b, same);
        if (b->p) {
            memset(b->p, b->fill, size);
        }
    }
    b->size = size;
    return good;
}

static void test_random(void)
{
    size_t sum = 0, i;
    int good = 1, step;

    for (i = 0; i < BLOCKS; i++) {
        blocks[i].fill = (unsigned char) (i + 1);
    }
    srand(1);
    for (step = 0; step < STEPS; step++) {
        block *b = &blocks[rand() % BLOCKS];
        size_t size = rand() % 4 == 0 ? 0 : (size_t) (rand() % LARGEST);

        good = good && set(b, size);
    }
    ok(good, "contents stay through growing and shrinking");
    for (i = 0; i < BLOCKS; i++) {
        sum += blocks[i].size;
    }
    ok(vm.bytes == sum, "the count is what is in use");
    for (i = 0; i < BLOCKS; i++) {
        good = good && set(&blocks[i], 0);
    }
    ok(good && vm.bytes == 0, "and nothing in the end");
}

static void test_reuse(void)
{
    void *p = lco_vm_alloc(&vm, NULL, 0, 56);
    void *q;

    lco_vm_alloc(&vm, p, 56, 0);
    q = lco_vm_alloc(&vm, NULL, 0, 41);
#ifdef LCO_DEBUG
    ok(vm.kept == 0, "a build that looks for errors keeps no block");
#else
    ok(q == p, "a block is used again for its class");
#endif
    ok(lco_vm_alloc(&vm, q, 41, 56) == q, "and grows within it in place");
    lco_vm_alloc(&vm, q, 56, 0);
    ok(lco_vm_alloc(&vm, NULL, 0, 0) == NULL, "nothing of no size");
    lco_vm_alloc_close(&vm);
    ok(vm.kept == 0 && vm.bytes == 0, "the close keeps nothing");
}

int main(void)
{
    test_random();
    test_reuse();
    return tap_done();
}

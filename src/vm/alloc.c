/* Lua's allocator for a VM: counts, and keeps small blocks for reuse.
 *
 * Runs inside the VM, so neither the count nor the lists need a lock.  The
 * lists are worth it because a VM wanders from thread to thread: what malloc
 * keeps ready for the thread that frees (the collector runs on whichever is
 * there) does not help the one that allocates next, and its arenas would have
 * to be locked.
 *
 * A block is malloc'ed in the size of its class and may be freed by free()
 * like any other.  Builds that look for errors keep none: a checker must see
 * each block's end.
 */
#include "vm/alloc.h"

#include "vm/vm.h"

#include <stdlib.h>
#include <string.h>

#ifdef LCO_DEBUG
#define KEEP_MAX 0
#else
#define KEEP_MAX ((size_t) 256 * 1024)
#endif

struct lco_block {
    lco_block *next;
};

/* Classes have the sizes that glibc's malloc has: 16 n + 8 bytes. */
static size_t class_of(size_t size)
{
    return (size + 7) / 16;
}

static size_t class_size(size_t class)
{
    return class * 16 + 8;
}

static void *take(lco_vm *vm, size_t size)
{
    size_t class = class_of(size);
    lco_block *b;

    if (class >= LCO_ALLOC_CLASSES) {
        return malloc(size);
    }
    b = vm->blocks[class];
    if (!b) {
        return malloc(class_size(class));
    }
    vm->blocks[class] = b->next;
    vm->kept -= class_size(class);
    return b;
}

static void give(lco_vm *vm, void *p, size_t size)
{
    size_t class = class_of(size);
    lco_block *b = p;

    if (class >= LCO_ALLOC_CLASSES || vm->kept + class_size(class) > KEEP_MAX) {
        free(p);
        return;
    }
    b->next = vm->blocks[class];
    vm->blocks[class] = b;
    vm->kept += class_size(class);
}

/* Apart from the rest, which stays short for it. */
__attribute__((noinline)) static void *resize(lco_vm *vm, void *p, size_t osize,
                                              size_t nsize)
{
    size_t from = class_of(osize), to = class_of(nsize);
    void *q;

    if (from >= LCO_ALLOC_CLASSES && to >= LCO_ALLOC_CLASSES) {
        q = realloc(p, nsize);
        if (q) {
            vm->bytes += nsize - osize;
        }
        return q;
    }
    if (from == to) {
        vm->bytes += nsize - osize;
        return p;
    }
    q = take(vm, nsize);
    if (!q) {
        /* Lua relies on shrinking: then the block stays larger than its
         * class, which nobody minds. */
        if (nsize > osize) {
            return NULL;
        }
        q = p;
    }
    else {
        memcpy(q, p, nsize < osize ? nsize : osize);
        give(vm, p, osize);
    }
    vm->bytes += nsize - osize;
    return q;
}

void *lco_vm_alloc(void *ud, void *ptr, size_t osize, size_t nsize)
{
    lco_vm *vm = ud;
    void *p;

    if (!ptr) {
        /* For a new object osize is its type. */
        if (nsize == 0) {
            return NULL;
        }
        p = take(vm, nsize);
        if (p) {
            vm->bytes += nsize;
        }
        return p;
    }
    if (nsize == 0) {
        give(vm, ptr, osize);
        vm->bytes -= osize;
        return NULL;
    }
    return resize(vm, ptr, osize, nsize);
}

void lco_vm_alloc_close(lco_vm *vm)
{
    size_t class;
    lco_block *b;

    for (class = 0; class < LCO_ALLOC_CLASSES; class ++) {
        while ((b = vm->blocks[class])) {
            vm->blocks[class] = b->next;
            free(b);
        }
    }
    vm->kept = 0;
}

/* Lua's allocator for a VM: counts what the VM holds.  Thread: in VM. */
#ifndef LCO_VM_ALLOC_H
#define LCO_VM_ALLOC_H

#include <stddef.h>

typedef struct lco_vm lco_vm;

/* A lua_Alloc; UD is the lco_vm. */
void *lco_vm_alloc(void *ud, void *ptr, size_t osize, size_t nsize);

/* Frees the blocks that are kept for reuse, after lua_close(). */
void lco_vm_alloc_close(lco_vm *vm);

#endif

/* Lua's allocator for a VM.
 *
 * Runs inside the VM.  The count needs no lock since Lua allocates only while
 * the VM is entered.
 */
#include "vm/alloc.h"

#include "vm/vm.h"

#include <stdlib.h>

void *lco_vm_alloc(void *ud, void *ptr, size_t osize, size_t nsize)
{
    lco_vm *vm = ud;
    size_t had = ptr ? osize : 0; /* for a new object osize is its type */
    void *p;

    if (nsize == 0) {
        free(ptr);
        vm->bytes -= had;
        return NULL;
    }
    p = realloc(ptr, nsize);
    if (p) {
        vm->bytes += nsize - had;
    }
    return p;
}

/* Making one VM: libraries, the ngx table, LuaCoInit.
 * Thread: the parent's main thread while httpd starts; child_init for
 * lco_vm_init_worker(), the end of its pool for lco_vm_exit_worker(). */
#ifndef LCO_VM_BOOT_H
#define LCO_VM_BOOT_H

#include "vm/vm.h"

/* What the API layer adds to a fresh state; set by the hooks before the first
 * VM is made, since vm/ knows no api/. */
extern void (*lco_vm_open_api)(lua_State *L, lco_sched *sched);

/* Fills vm->L and vm->sched and runs LuaCoInit; logs and returns 0 on
 * failure. */
int lco_vm_boot(lco_vm *vm);

/* Runs LuaCoInitWorker; an error is logged, the child goes on. */
void lco_vm_init_worker(lco_vm *vm);

/* Runs LuaCoExitWorker; an error is logged.  The child's main thread, after
 * the loop threads have ended. */
void lco_vm_exit_worker(lco_vm *vm);

#endif

/* The code cache of a VM.  Thread: inside the VM.  Nothing here raises: each
 * function is a protected call. */
#ifndef LCO_VM_CODE_H
#define LCO_VM_CODE_H

#include "vm/vm.h"

/* Pushes the function that runs CODE with a request environment of its own and
 * returns LUA_OK; or pushes the message and returns Lua's error status.  MODE
 * is the lco_code_cache in force.  A code without slot (slot < 0) is a file
 * found by path.  [-0, +1] */
int lco_vm_push_code(lco_vm *vm, const lco_code *code, int mode);

/* The same for a caller that says when the function has run: *USE, which held
 * none, then goes to lco_vm_give_code(), whether the call succeeded or not, and
 * the function may serve another request.  [-0, +1] */
int lco_vm_take_code(lco_vm *vm, const lco_code *code, int mode,
                     lco_code_use *use);
/* Nothing runs the function in USE any more; USE holds none afterwards.
 * [-0, +0] */
void lco_vm_give_code(lco_vm *vm, lco_code_use *use);

/* The same in the VM's own globals: LuaCoInit, LuaCoInitWorker.  [-0, +1] */
int lco_vm_push_boot_code(lco_vm *vm, const lco_code *code);

/* Makes the slots; to be called once, when the libraries are open and nothing
 * of the user has been loaded.  [-0, +0] / [-0, +1] */
int lco_vm_open_cache(lco_vm *vm);

/* Frees the slots, after lua_close(). */
void lco_vm_close_cache(lco_vm *vm);

/* Compiles every slot, so that no request pays for it.  Returns LUA_OK or
 * pushes the message of the first that fails.  [-0, +0] / [-0, +1] */
int lco_vm_compile_all(lco_vm *vm);

#endif

/* store/update.c: see update.h. */
#include "store/update.h"

#include "store/file.h"

int fvm_vm_update(const struct fvm_base *base, struct fvm_vm *vm, struct fvm_error *err)
{
    if (vm->version == base->current)
        return 0;
    vm->version = base->current;
    return fvm_vm_save(vm, err);
}

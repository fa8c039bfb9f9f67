/* guest/unix/guest.h: the parts of libfvmguest.so, which ld.so loads into every program of a VM. */
#pragma once
#include "core/base.h"

/* What a part offers to the whole process, in the place of libc's function of that name. */
#define FVM_EXPORT __attribute__((visibility("default")))

enum { FVM_PATH_CB = 4096 };

/**
 * Watch this process (a Windows program) for its first use of MountMgr or nsiproxy.
 *
 * @param argv [in] arguments of the loader; argv[1] is the Windows program
 */
void fvm_drivers_start(char *const *argv);

/**
 * Start this loader again, with another memory layout, if its heap lies where Wine cannot do with
 * it.
 *
 * @param argv [in] all arguments; returns only if there is no need
 */
void fvm_layout_start(char *const *argv);
/** Is a heap that ends here at, or about to grow into, KUSER_SHARED_DATA? Pure. */
bool fvm_heap_in_the_way(uintptr_t heap_end);

/** Make wineserver64 save a changed registry after 1 s instead of 30 s. */
void fvm_save_start(void);

/** Let rename() move directories of the overlay's lower layer. For wineserver64 only. */
void fvm_rename_start(void);

/**
 * Move a directory tree by copying it.
 *
 * @param from [in] existing directory
 * @param to   [in] new name; must not exist, or be an empty directory
 * @return 0, or a negated errno; then nothing has changed
 */
FVM_NODISCARD int fvm_tree_move(const char *from, const char *to);

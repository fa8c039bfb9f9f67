/* launcher/program.h: from what the user typed to what Wine is given. Runs inside the VM's mounts.
 * Private to the launcher. */
#pragma once
#include "core/error.h"
#include "launcher/launcher.h"

#define FVM_ARGV_EXTRA 16

/** Find a name in a folder, if need be without case. @param found [out] its true case */
bool fvm_find_name(int dir, const char *name, char *found, size_t cap);
/** Walk `path` (either slash) below `root` without case. @param found [out] its true case, below
 * root */
bool fvm_find_path(const char *root, const char *path, char *found, size_t cap);
/**
 * Find a program in the VM and make the command line that starts it.
 *
 * @param argv  [out] for execve, starting with wine's loader; room for the program's arguments and
 * FVM_ARGV_EXTRA; strings live until the process ends (it is about to exec)
 * @param wine32 the VM runs 32-bit programs
 * @param pipes letters of "ioe" for those of stdin, stdout, stderr that are Linux pipes: Windows
 * programs that ask a pipe for its state get real Windows pipes through fvmpipe.exe; "": none
 * @param number of a shared VM, 0: a sealed one. In a shared one the engine's fvmstart.exe starts
 * the program, and finds what only the VM itself can name
 * @return 0; -ENOENT not found; -ENOEXEC no Windows program, or of a wrong architecture; -ENOPKG a
 * 32-bit one where only 64-bit ones run
 */
int fvm_program_resolve(char **argv, const struct fvm_program *program, bool wine32,
                        const char *pipes, unsigned number, struct fvm_error *err);

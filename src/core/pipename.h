/* core/pipename.h: where a VM's named pipes and mailslots are. Pure. */
#pragma once
#include "core/base.h"
#include "core/str.h"

/* Pipes of servers that the whole Windows has one of, and why. */
struct fvm_pipename_exception {
    const char *name; /* in ASCII; a * at the end stands for any rest */
    const char *reason;
};
extern const struct fvm_pipename_exception fvm_pipename_exceptions[];
size_t fvm_pipename_exception_count(void);
/** Is a name an exception? @param path what follows `\??\pipe\` @return its number; -1: no */
int fvm_pipename_exception(struct fvm_str path);

/** Add the place of a VM's names in front of one: `__fvm_1\`. @return FVM_OK; FVM_NAME_TOO_LONG */
fvm_status fvm_pipename_put_place(struct fvm_buf *out, uint32_t vm);
/**
 * Take the place of a VM's names out of a name.
 *
 * @param name [in,out] a device's name (`\Device\NamedPipe\__fvm_1\x`), or what follows it
 *             (`\__fvm_1\x`), changed in place
 * @return false: it is not in there
 */
bool fvm_pipename_unmap(struct fvm_buf *name, uint32_t vm);

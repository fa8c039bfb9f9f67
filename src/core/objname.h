/* core/objname.h: names of kernel objects: which are a VM's own. Pure. */
#pragma once
#include "core/base.h"
#include "core/str.h"

/* Names that a VM shares with the whole Windows, and why. */
struct fvm_objname_exception {
    const char *name; /* components; * stands for any one */
    const char *reason;
};
extern const struct fvm_objname_exception fvm_objname_exceptions[];
/** How many; their order is the order of fvm_block.exception_uses. */
size_t fvm_objname_exception_count(void);

enum fvm_objname_answer {
    FVM_OBJNAME_PRIVATE, /* the VM's own: below its root */
    FVM_OBJNAME_SHARED,  /* at or below an exception */
    FVM_OBJNAME_ABOVE    /* the VM's own directory in which an exception is: `\`, `\Sessions\1` */
};
struct fvm_objname_verdict {
    enum fvm_objname_answer answer;
    struct fvm_str name; /* virtual, absolute: without a way over GLOBALROOT; empty: the root */
    size_t exception;    /* of FVM_OBJNAME_SHARED: its number */
};
/**
 * Whose is an absolute name?
 *
 * @param name virtual, begins with a backslash
 * @param fold are names compared without case (OBJ_CASE_INSENSITIVE)? GLOBALROOT always is
 */
struct fvm_objname_verdict fvm_objname_judge(struct fvm_str name, bool fold);
/** The virtual name of a real one. @param root NT name of the VM's root @return false: it is not
 * below the VM's root, the name is the same */
bool fvm_objname_unmap(struct fvm_str *name, struct fvm_str root);

/* engine/engine.h: what the engine knows in this process. For engine and rooms. */
#pragma once
#include "core/block.h"
#include "engine/nt.h"

/* Where a file really is: what the files room tells the others. */
struct fvm_file_name {
    UNICODE_STRING name; /* NT path; valid until released */
    void *owner;
};
typedef NTSTATUS fvm_file_finder(struct fvm_file_name *out, UNICODE_STRING *given);
typedef void fvm_file_releaser(struct fvm_file_name *name);
/* What to read in place of a file's handle: another one if the VM has its own copy since. */
typedef HANDLE fvm_file_follower(HANDLE file);

/* What NT is to get for a name that is no file's. */
struct fvm_device_name {
    OBJECT_ATTRIBUTES *attr; /* the caller's own, or `renamed` */
    OBJECT_ATTRIBUTES renamed;
    UNICODE_STRING text;
    void *owner;
};
/* For a call that makes it. To be released, whatever comes back. */
typedef NTSTATUS fvm_device_finder(struct fvm_device_name *out, OBJECT_ATTRIBUTES *given);
typedef void fvm_device_releaser(struct fvm_device_name *name);

/* NT has no pipe of this name, which stands behind \??\pipe\. @return it may be there now */
typedef bool fvm_pipe_waker(struct fvm_str path);

struct fvm_engine {
    fvm_pipe_waker *pipe_wake; /* of the services room */
    fvm_device_finder *device_find;
    fvm_device_releaser *device_release;
    fvm_file_finder *file_find;
    fvm_file_releaser *file_release;
    fvm_file_follower *file_follow;
    const void *ntdll, *image;
    struct fvm_block *block; /* shared with the VM's other processes */
    const WCHAR *section;    /* NT name of the block */
    DWORD pid;
    uint32_t roles; /* FVM_ROLE_... of this process */
    bool is_wow64;  /* a 32-bit process beside 64-bit ones */
};
extern struct fvm_engine fvm_engine;

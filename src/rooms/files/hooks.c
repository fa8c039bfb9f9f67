/* rooms/files/hooks.c: the table of this room. */
#include "rooms/files/files.h"
#include "rooms/files/handlers.h"
#include "rooms/rooms.h"

static const struct fvm_hook hooks[] = {FVM_HOOK(files, NtCreateFile),
                                        FVM_HOOK(files, NtOpenFile),
                                        FVM_HOOK(files, NtReadFile),
                                        FVM_HOOK(files, NtQueryAttributesFile),
                                        FVM_HOOK(files, NtQueryFullAttributesFile),
                                        FVM_HOOK(files, NtQueryInformationFile),
                                        FVM_HOOK(files, NtSetInformationFile),
                                        FVM_HOOK(files, NtQueryDirectoryFile),
                                        FVM_HOOK(files, NtDeleteFile),
                                        FVM_HOOK(files, NtQueryObject),
                                        FVM_HOOK(files, NtQueryVirtualMemory),
                                        FVM_HOOK(files, NtQueryInformationProcess),
                                        FVM_HOOK(files, NtDuplicateObject),
                                        FVM_HOOK(files, NtNotifyChangeDirectoryFile),
                                        FVM_HOOK(files, NtCancelIoFile),
                                        FVM_HOOK(files, NtCancelIoFileEx),
                                        FVM_HOOK(files, NtFsControlFile),
                                        FVM_HOOK(files, NtSetEaFile),
                                        FVM_HOOK(files, NtLockFile),
                                        FVM_HOOK(files, NtUnlockFile),
                                        FVM_HOOK(files, NtQueryVolumeInformationFile),
                                        FVM_HOOK(files, NtSetVolumeInformationFile),
                                        FVM_HOOK(files, NtClose),
                                        {0}};
const struct fvm_room fvm_room_files = {.name = "files", .hooks = hooks, .start = files_start};

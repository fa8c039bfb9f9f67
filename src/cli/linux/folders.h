/* cli/linux/folders.h: which of the user's Linux folders a VM may see. Pure. */
#pragma once
#include "core/base.h"

enum fvm_show {
    FVM_SHOW_ALREADY,  /* part of every VM's system, read-only */
    FVM_SHOW_FOLDER,   /* may be shown, copy-on-write */
    FVM_SHOW_TOO_WIDE, /* holds the user's home or the store: showing it would open the seal */
    FVM_SHOW_NEVER     /* the host's own workings */
};
/**
 * Judge a folder.
 *
 * @param folder absolute, without links, "." or ".."
 * @param home   the user's home, or NULL
 * @param store  the store's folder
 */
enum fvm_show fvm_judge_folder(const char *folder, const char *home, const char *store);

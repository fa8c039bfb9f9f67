/* engine/own_name.h: names of FVM's own objects, beside the VM's block. For rooms. */
#pragma once
#include "engine/nt.h"

#include <stdint.h>

/**
 * Make the NT name of an object that belongs to the VM as such: "...\__fvm_WHAT_N".
 *
 * @param name [out] without an end mark @param cap_cch its room in units
 * @return its length in units; 0: there is no room
 */
uint32_t fvm_own_name(WCHAR *name, size_t cap_cch, const char *what);

/* Such a name, to open the object by. */
struct fvm_own_object {
    OBJECT_ATTRIBUTES attr;
    UNICODE_STRING name;
    WCHAR text[192];
};
/** Fill in the attributes of an object that belongs to the VM as such. @param object [out] its attr
 * points into it */
void fvm_own_object(struct fvm_own_object *object, const char *what);

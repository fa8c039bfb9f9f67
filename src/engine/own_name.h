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

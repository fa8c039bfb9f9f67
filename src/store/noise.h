/* store/noise.h: what Wine's own boot changes, and no user wants to see: one table, each entry with
 * its reason. */
#pragma once
#include "core/base.h"
#include "core/reg.h"

/** fvm_reg_ask: is this registry entry Wine's own doing? @param context unused */
bool fvm_noise_registry(void *context, const struct fvm_reg_key *key,
                        const struct fvm_reg_value *value);

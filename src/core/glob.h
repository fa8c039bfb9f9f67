/* core/glob.h: patterns for file and registry paths. Pure. */
#pragma once
#include "core/base.h"

/**
 * Does a pattern match a path or something above it?
 *
 * `*` stands for any run of characters, separators included, `?` for one character; `/` and `\` are
 * equal; letters compare without case (fold.h). A pattern that matches a directory or key also
 * matches everything below it; separators at its end say nothing. Time is at most proportional to
 * the product of the lengths.
 */
bool fvm_glob_match(const char *glob, const char *path);

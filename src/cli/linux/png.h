/* cli/linux/png.h: a picture as PNG. Private to the CLI. */
#pragma once
#include "core/error.h"
#include "core/xwd.h"

#include <stdio.h>

/** Write a picture as PNG. @return 0; -errno with a sentence */
int cli_png_write(FILE *to, const struct fvm_picture *picture, struct fvm_error *err);

/* engine/image.h: PE images as they lie in memory. For engine and launcher/win. */
#pragma once
#include "engine/nt.h"

#include <stddef.h>

/* Everything that the engine changes is in this section: a child gets it empty. The build refuses
 * an engine with other writable data. */
#define FVM_STATE_SECTION ".state"
#define FVM_STATE         __attribute__((section(FVM_STATE_SECTION)))

/** Headers of a mapped image. @return borrowed; NULL no PE image of our own bitness */
const IMAGE_NT_HEADERS *fvm_image_headers(const void *image);
/** Bytes that the image takes in memory; 0 no image. */
size_t fvm_image_cb(const void *image);
/** Address of an exported function or variable by name; forwarders are none. @return NULL */
void *fvm_image_export(const void *image, const char *name);
/** A section by its name. @return borrowed; NULL */
const IMAGE_SECTION_HEADER *fvm_image_section(const void *image, const char *name);
/** Change a copy of an image that is to lie at another address. @param delta bytes @return
 * STATUS_SUCCESS; STATUS_INVALID_IMAGE_FORMAT */
NTSTATUS fvm_image_relocate(void *copy, LONG_PTR delta);
/** Page protection of a section. @return PAGE_... */
ULONG fvm_section_protection(const IMAGE_SECTION_HEADER *section);

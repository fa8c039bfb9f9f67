/* engine/image.h: PE images of either bitness as they lie in memory. For engine and launcher/win.
 */
#pragma once
#include "engine/nt.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Everything that the engine changes is in this section: a child gets it empty. The build refuses
 * an engine with other writable data. */
#define FVM_STATE_SECTION ".state"
#define FVM_STATE         __attribute__((section(FVM_STATE_SECTION)))

/** Headers of a mapped image. The 32-bit form, of which only what both forms have in one place is
 * to be used: not ImageBase, not the directories. @return borrowed; NULL no PE image */
const IMAGE_NT_HEADERS32 *fvm_image_headers(const void *image);
bool fvm_image_is_64(const void *image);
/** Bytes that the image takes in memory; 0 no image. */
size_t fvm_image_cb(const void *image);
/** Address that the image is linked for. */
uint64_t fvm_image_base(const void *image);
/** One of its directories, by IMAGE_DIRECTORY_ENTRY_... @return borrowed; NULL no image */
const IMAGE_DATA_DIRECTORY *fvm_image_directory(const void *image, unsigned index);
/** Address of an exported function or variable by name; forwarders are none. @return NULL */
void *fvm_image_export(const void *image, const char *name);
/** Change a copy of an image that is to lie at another address. @param cb bytes of the copy: what
 * lies outside of them is not touched @param delta bytes @return STATUS_SUCCESS;
 * STATUS_INVALID_IMAGE_FORMAT */
NTSTATUS fvm_image_relocate(void *copy, size_t cb, int64_t delta);
/** Page protection of a section. @return PAGE_... */
ULONG fvm_section_protection(const IMAGE_SECTION_HEADER *section);

/* rooms/files/device.h: names that are no files': pipes, mailslots, devices. Private to the room.
 */
#pragma once
#include "rooms/files/files.h"

struct files_device {
    OBJECT_ATTRIBUTES attr;
    UNICODE_STRING text;
};
/**
 * Attributes to call NT with, for a place that is no file.
 *
 * @param out     [out] `given`, or in *device with its text in scratch->layer
 * @param place   of files_resolve() with the same scratch
 * @param creates a pipe or mailslot is made
 * @return STATUS_SUCCESS; STATUS_ACCESS_DENIED made under a name that the whole Windows shares;
 *         STATUS_OBJECT_NAME_INVALID too long
 */
NTSTATUS files_device_attr(OBJECT_ATTRIBUTES **out, struct files_device *device,
                           OBJECT_ATTRIBUTES *given, const struct files_place *place,
                           struct files_scratch *scratch, bool creates);
/** Be there for the pipes room. */
void files_device_start(void);

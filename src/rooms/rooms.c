/* rooms/rooms.c: see rooms.h. */
#include "rooms/rooms.h"

#include <stddef.h>

const struct fvm_room *const fvm_rooms[] = {
    &fvm_room_files, &fvm_room_processes, &fvm_room_registry, &fvm_room_objects,
    &fvm_room_pipes, &fvm_room_services,  &fvm_room_network,  NULL};

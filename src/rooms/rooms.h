/* rooms/rooms.h: the rooms of this engine, in the order of their start. */
#pragma once
#include "engine/hook.h"

extern const struct fvm_room fvm_room_files;
extern const struct fvm_room fvm_room_processes;
extern const struct fvm_room fvm_room_objects;
extern const struct fvm_room fvm_room_pipes;
extern const struct fvm_room fvm_room_registry;
extern const struct fvm_room fvm_room_services;
extern const struct fvm_room fvm_room_network;

/** Ends with NULL. */
extern const struct fvm_room *const fvm_rooms[];

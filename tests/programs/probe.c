/* tests/programs/probe.c: what a Windows program may expect of the system it runs on, one check per
 * line (TAP). "probe" runs all; "probe 5" or "probe disk-free" runs one in a process of its own, so
 * that no check lives on what an earlier one has woken up. Also compiles for, and passes on,
 * Windows. The checks themselves are in probe/. */
#include <winsock2.h>
#include "probe/probe.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NOTE_CB = 400 };

static char note[NOTE_CB];
BYTE probe_buffer[BUFFER_CB];
const wchar_t *probe_path;

bool say(bool passed, const char *format, ...)
{
    DWORD error = GetLastError();
    va_list args;

    va_start(args, format);
    vsnprintf(note, sizeof(note), format, args);
    va_end(args);
    if (!passed)
        snprintf(note + strlen(note), sizeof(note) - strlen(note), " [last error %lu]", error);
    return passed;
}

static const struct {
    const char *name;
    bool (*run)(void);
} checks[] = {
    {"version", check_version},
    {"cpu", check_cpu},
    {"avx", check_avx},
    {"environment", check_environment},
    {"folders", check_folders},
    {"files", check_files},
    {"registry", check_registry},
    {"hardware-keys", check_hardware_keys},
    {"named-pipe", check_named_pipe},
    {"events", check_events},
    {"drive-type", check_drive_type},
    {"disk-free", check_disk_free},
    {"process", check_process},
    {"tcp", check_tcp},
    {"localhost", check_localhost},
    {"com-inproc", check_com_inproc},
    {"com-server", check_com_server},
    {"computer-name", check_computer_name},
    {"user-name", check_user_name},
    {"scm", check_scm},
    {"services", check_services},
    {"start-service", check_start_service},
    {"window", check_window},
    {"text", check_text},
    {"clipboard", check_clipboard},
    {"logical-drives", check_logical_drives},
    {"drive-strings", check_drive_strings},
    {"dos-device", check_query_dos_device},
    {"volume-information", check_volume_information},
    {"find-volume", check_find_volume},
    {"volume-name", check_volume_name},
    {"adapters-info", check_adapters_info},
    {"adapters-addresses", check_adapters_addresses},
    {"tcp-table", check_tcp_table},
    {"if-table", check_if_table},
    {"network-params", check_network_params},
    {"time-zone", check_time_zone},
    {"counters", check_counters},
    {"memory", check_memory},
};
enum { CHECKS = sizeof(checks) / sizeof(checks[0]) };

static bool run(size_t i)
{
    bool ok;

    note[0] = 0;
    SetLastError(0);
    ok = checks[i].run();
    if (ok)
        printf("ok %u - %s (%s)\n", (unsigned)i + 1, checks[i].name, note);
    else
        printf("not ok %u - %s: %s\n", (unsigned)i + 1, checks[i].name, note);
    fflush(stdout);
    return ok;
}

/* The place of a check given by number or name; CHECKS when there is none. */
static size_t find(const wchar_t *wanted)
{
    wchar_t name[64];
    size_t i = 0;

    for (; i < CHECKS; i++) {
        swprintf(name, 64, L"%hs", checks[i].name);
        if (!wcscmp(name, wanted) || (size_t)_wtoi(wanted) == i + 1)
            break;
    }
    return i;
}

int wmain(int argc, wchar_t **argv)
{
    static wchar_t path[MAX_PATH];
    WSADATA sockets;
    int failed = 0;

    if (argc == 2 && !wcscmp(argv[1], L"exit-code"))
        return CHILD_EXIT_CODE;
    if (argc == 2 && !wcscmp(argv[1], L"count"))
        return CHECKS;
    GetModuleFileNameW(NULL, path, MAX_PATH);
    probe_path = path;
    WSAStartup(MAKEWORD(2, 2), &sockets);
    if (argc == 2) {
        size_t i = find(argv[1]);

        if (i < CHECKS)
            return run(i) ? 0 : 1;
        fprintf(stderr, "probe: no check named %ls\n", argv[1]);
        return 2;
    }
    printf("1..%d\n", CHECKS);
    for (size_t i = 0; i < CHECKS; i++)
        failed += !run(i);
    return failed ? 1 : 0;
}

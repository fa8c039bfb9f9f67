/* tests/programs/probe/probe.h: the checks of probe.c, one function each; true: passed. */
#pragma once
#include <windows.h>
#include <stdbool.h>

enum { CHILD_EXIT_CODE = 37, BUFFER_CB = 32768 };

extern BYTE probe_buffer[BUFFER_CB]; /* for whichever check runs */
extern const wchar_t *probe_path;    /* this program's own file */

/** Each check ends in this: the text is the value found, or what went wrong. @return passed */
bool say(bool passed, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* system.c */
bool check_version(void);
bool check_cpu(void);
bool check_avx(void);
bool check_environment(void);
bool check_folders(void);
bool check_registry(void);
bool check_hardware_keys(void);
bool check_computer_name(void);
bool check_user_name(void);
bool check_time_zone(void);
bool check_counters(void);
bool check_memory(void);

/* storage.c */
bool check_files(void);
bool check_drive_type(void);
bool check_disk_free(void);
bool check_logical_drives(void);
bool check_drive_strings(void);
bool check_query_dos_device(void);
bool check_volume_information(void);
bool check_find_volume(void);
bool check_volume_name(void);

/* programs.c */
bool check_named_pipe(void);
bool check_events(void);
bool check_process(void);
bool check_com_inproc(void);
bool check_com_server(void);
bool check_scm(void);
bool check_services(void);
bool check_start_service(void);

/* network.c */
bool check_tcp(void);
bool check_localhost(void);
bool check_adapters_info(void);
bool check_adapters_addresses(void);
bool check_tcp_table(void);
bool check_if_table(void);
bool check_network_params(void);

/* desktop.c */
bool check_window(void);
bool check_text(void);
bool check_clipboard(void);

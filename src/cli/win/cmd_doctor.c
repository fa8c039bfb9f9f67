/* cli/win/cmd_doctor.c: `fvm doctor`: what this machine enforces, what not, and what to do about
 * it.
 */
#include "cli/show.h"
#include "cli/win/win.h"

#include <stdio.h>

static void look_at_system(struct cli_doctor *doctor)
{
    char name[64];

    cli_system_name(name, sizeof(name));
    if (cli_is_wine())
        cli_doctor_say(doctor, CLI_GOOD, "system", "%s", name);
    else
        cli_doctor_say(doctor, CLI_LESS, "system",
                       "%s: FVM is built for it and was never seen on it", name);
}

static void look_at_engine(struct cli_doctor *doctor)
{
    static const char *const names[] = {"fvm32.dll", "fvmstart.exe"};
    wchar_t folder[MAX_PATH], file[MAX_PATH * 2];

    if (!cli_engine_folder(folder)) {
        cli_doctor_say(doctor, CLI_BAD, "engine",
                       "fvm64.dll is missing: it belongs beside fvm.exe or in its "
                       "folder engine");
        return;
    }
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        _snwprintf(file, ARRAY_LEN(file), L"%ls\\%hs", folder, names[i]);
        if (GetFileAttributesW(file) != INVALID_FILE_ATTRIBUTES)
            continue;
        if (i)
            cli_doctor_say(doctor, CLI_BAD, "engine", "%s is missing: it belongs beside fvm64.dll",
                           names[i]);
        else
            cli_doctor_say(doctor, CLI_LESS, "32-bit programs",
                           "do not run: %s is missing beside fvm64.dll", names[i]);
        return;
    }
    cli_doctor_say(doctor, CLI_GOOD, "engine", "for 64-bit and 32-bit programs");
}

static void look_at_store(struct cli_doctor *doctor)
{
    struct win_store store;
    struct fvm_error err;
    ULARGE_INTEGER left;
    int result = win_store_open(&store, &err);
    FVM_CLEANUP(chars) char *shown = win_utf8(win_path_plain(&store.path));

    if (result)
        cli_doctor_say(doctor, CLI_BAD, "store", "%s", err.text);
    else if (!GetDiskFreeSpaceExW(win_path_plain(&store.path), &left, NULL, NULL))
        cli_doctor_say(doctor, CLI_BAD, "store", "%s: Windows error %lu", shown ? shown : "",
                       GetLastError());
    else
        cli_doctor_say(doctor, left.QuadPart < (1u << 30) ? CLI_LESS : CLI_GOOD, "store",
                       "%s, %.1f GB free", shown ? shown : "", (double)left.QuadPart / 1e9);
    win_store_close(&store);
}

int cli_doctor(const struct cli_words *words)
{
    struct cli_doctor doctor = {0};

    cli_doctor_begin(&doctor, words->json);
    look_at_system(&doctor);
    look_at_engine(&doctor);
    look_at_store(&doctor);
    cli_doctor_say(&doctor, CLI_GOOD, "files, processes", "each VM has its own");
    cli_doctor_say(&doctor, CLI_LESS, "other names",
                   "services, COM servers, windows and network are the host's");
    cli_doctor_say(
        &doctor, CLI_LESS, "hostile code",
        "is not held: the engine is in the program's own process; sealed VMs need Linux");
    cli_doctor_say(&doctor, CLI_LESS, "memory, cpu, disk",
                   "are not limited: a VM can use what you can");
    return cli_doctor_print(&doctor);
}

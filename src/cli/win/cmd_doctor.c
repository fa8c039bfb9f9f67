/* cli/win/cmd_doctor.c: `fvm doctor`: what this machine enforces, what not, and what to do about
 * it.
 */
#include "cli/show.h"
#include "cli/win/win.h"

#include <stdarg.h>
#include <stdio.h>

struct doctor {
    struct cli_table table;
    bool bad;
};

static void say(struct doctor *doctor, enum cli_verdict verdict, const char *what, const char *fmt,
                ...) FVM_PRINTF(4, 5);
static void say(struct doctor *doctor, enum cli_verdict verdict, const char *what, const char *fmt,
                ...)
{
    char text[512];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    doctor->bad |= verdict == CLI_BAD;
    cli_doctor_add(&doctor->table, verdict, what, text);
}

static void look_at_system(struct doctor *doctor)
{
    char name[64];

    cli_system_name(name, sizeof(name));
    if (cli_is_wine())
        say(doctor, CLI_GOOD, "system", "%s", name);
    else
        say(doctor, CLI_LESS, "system", "%s: FVM is built for it and was never seen on it", name);
}

static void look_at_engine(struct doctor *doctor)
{
    static const char *const names[] = {"fvm32.dll", "fvmstart.exe"};
    wchar_t folder[MAX_PATH], file[MAX_PATH * 2];

    if (!cli_engine_folder(folder)) {
        say(doctor, CLI_BAD, "engine",
            "fvm64.dll is missing: it belongs beside fvm.exe or in its "
            "folder engine");
        return;
    }
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        _snwprintf(file, ARRAY_LEN(file), L"%ls\\%hs", folder, names[i]);
        if (GetFileAttributesW(file) != INVALID_FILE_ATTRIBUTES)
            continue;
        if (i)
            say(doctor, CLI_BAD, "engine", "%s is missing: it belongs beside fvm64.dll", names[i]);
        else
            say(doctor, CLI_LESS, "32-bit programs", "do not run: %s is missing beside fvm64.dll",
                names[i]);
        return;
    }
    say(doctor, CLI_GOOD, "engine", "for 64-bit and 32-bit programs");
}

static void look_at_store(struct doctor *doctor)
{
    struct win_store store;
    struct fvm_error err;
    ULARGE_INTEGER left;
    int result = win_store_open(&store, &err);
    FVM_CLEANUP(chars) char *shown = win_utf8(win_path_plain(&store.path));

    if (result)
        say(doctor, CLI_BAD, "store", "%s", err.text);
    else if (!GetDiskFreeSpaceExW(win_path_plain(&store.path), &left, NULL, NULL))
        say(doctor, CLI_BAD, "store", "%s: Windows error %lu", shown ? shown : "", GetLastError());
    else
        say(doctor, left.QuadPart < (1u << 30) ? CLI_LESS : CLI_GOOD, "store", "%s, %.1f GB free",
            shown ? shown : "", (double)left.QuadPart / 1e9);
    win_store_close(&store);
}

int cli_doctor(const struct cli_words *words)
{
    struct doctor doctor = {0};

    cli_doctor_begin(&doctor.table, words->json);
    look_at_system(&doctor);
    look_at_engine(&doctor);
    look_at_store(&doctor);
    say(&doctor, CLI_GOOD, "files, processes", "each VM has its own");
    say(&doctor, CLI_LESS, "other names",
        "services, COM servers, windows and network are the host's");
    say(&doctor, CLI_LESS, "hostile code",
        "is not held: the engine is in the program's own process; sealed VMs need Linux");
    say(&doctor, CLI_LESS, "memory, cpu, disk", "are not limited: a VM can use what you can");
    return cli_table_print(&doctor.table) || doctor.bad ? CLI_FAILED : CLI_OK;
}

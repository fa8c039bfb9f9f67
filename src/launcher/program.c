/* launcher/program.c: see program.h. Windows names compare without case, so every step may have to
 * read a folder. */
#include "launcher/program.h"

#include "core/fold.h"
#include "core/pe.h"
#include "core/reg.h"
#include "core/text.h"
#include "core/utf.h"
#include "launcher/seal.h"
#include "store/file.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

/* What Windows tries behind a name without extension, as far as FVM can start it. */
static const char *const extensions[] = {"", ".exe", ".com", ".bat", ".cmd", ".msi"};

bool fvm_find_name(int dir, const char *name, char *found, size_t cap)
{
    struct stat st;
    struct dirent *entry;
    DIR *list;
    int copy;
    bool hit = false;

    snprintf(found, cap, "%s", name);
    if (!fstatat(dir, name, &st, 0))
        return true;
    copy = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    list = copy < 0 ? NULL : fdopendir(copy);
    while (list && !hit && (entry = readdir(list)))
        if (!fvm_name_cmp(entry->d_name, name)) {
            snprintf(found, cap, "%s", entry->d_name);
            hit = true;
        }
    if (list)
        closedir(list);
    return hit;
}

bool fvm_find_path(const char *root, const char *path, char *found, size_t cap)
{
    FVM_CLEANUP(fd) int dir = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    size_t used = 0;

    found[0] = 0;
    while (dir >= 0 && *path) {
        char name[256], true_name[256];
        size_t cb = strcspn(path, "/\\");

        if (cb >= sizeof(name))
            return false;
        memcpy(name, path, cb);
        name[cb] = 0;
        path += cb + (path[cb] != 0);
        if (!cb || !strcmp(name, "."))
            continue;
        if (!fvm_find_name(dir, name, true_name, sizeof(true_name)) ||
            used + strlen(true_name) + 2 > cap)
            return false;
        used += (size_t)snprintf(found + used, cap - used, "/%s", true_name);
        if (*path) {
            int next = openat(dir, true_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

            close(dir);
            dir = next;
        }
    }
    return dir >= 0;
}

struct location {
    unsigned number;       /* of a shared VM */
    char linux_path[4096]; /* "": only the VM's engine can tell */
    char windows_path[4096];
};

static bool locate_below(struct location *out, const char *root, char drive, const char *path,
                         const char *extension)
{
    char name[4096], found[4000];
    struct stat st;

    snprintf(name, sizeof(name), "%s%s", path, extension);
    if (!fvm_find_path(root, name, found, sizeof(found)))
        return false;
    snprintf(out->linux_path, sizeof(out->linux_path), "%s%s", root, found);
    if (stat(out->linux_path, &st) || !S_ISREG(st.st_mode))
        return false;
    snprintf(out->windows_path, sizeof(out->windows_path), "%c:%s", toupper((unsigned char)drive),
             found);
    for (char *c = out->windows_path; *c; c++)
        if (*c == '/')
            *c = '\\';
    return true;
}

/* @param drive lower case letter @param path behind "X:" */
static bool locate_on_drive(struct location *out, char drive, const char *path,
                            const char *extension)
{
    char root[64], layer[32];

    if (out->number) {
        fvm_windows_layer(layer, out->number);
        snprintf(root, sizeof(root), "%s/files/%c", layer, toupper((unsigned char)drive));
        if (locate_below(out, root, drive, path, extension))
            return true;
    }
    snprintf(root, sizeof(root), "/prefix/dosdevices/%c:", drive);
    return locate_below(out, root, drive, path, extension);
}

static bool locate_with_extensions(struct location *out, char drive, const char *path)
{
    for (size_t i = 0; i < ARRAY_LEN(extensions); i++)
        if (locate_on_drive(out, drive, path, extensions[i]))
            return true;
    return false;
}

/* Replace the variables that PATH is written with; others make a folder that is not there. */
static void add_expanded(struct fvm_text *out, const char *path, const char *user)
{
    static const char *const known[][2] = {{"%SystemRoot%", "C:\\windows"},
                                           {"%windir%", "C:\\windows"},
                                           {"%ProgramFiles%", "C:\\Program Files"},
                                           {"%SystemDrive%", "C:"},
                                           {"%USERPROFILE%", "C:\\users\\"}};
    const size_t profile = ARRAY_LEN(known) - 1;

    while (*path) {
        size_t i = 0;

        while (i < ARRAY_LEN(known) && strncasecmp(path, known[i][0], strlen(known[i][0])) != 0)
            i++;
        if (i == ARRAY_LEN(known)) {
            fvm_text_putc(out, *path++);
            continue;
        }
        fvm_text_puts(out, known[i][1]);
        if (i == profile)
            fvm_text_puts(out, user);
        path += strlen(known[i][0]);
    }
}

/* PATH as a value of one of the VM's hives. This process is sealed: what the VM wrote there can
 * only mislead it about the VM. */
static void add_registry_path(struct fvm_text *out, const char *file, const char *key,
                              const char *user)
{
    FVM_CLEANUP(reg) struct fvm_reg *reg = fvm_reg_new();
    FVM_CLEANUP(text) struct fvm_text text = {0};
    FVM_CLEANUP(text) struct fvm_text value = {0};
    const struct fvm_reg_key *found;
    const struct fvm_reg_value *path;

    if (!reg || fvm_file_read(&text, AT_FDCWD, file, (size_t)64 << 20, NULL) ||
        fvm_failed(fvm_reg_add_hive(reg, "HKEY_LOCAL_MACHINE", text.s, text.cb, NULL)))
        return;
    found = fvm_reg_find(reg, key);
    path = found ? fvm_reg_find_value(found, "PATH") : NULL;
    if (!path)
        return;
    fvm_utf8_from_utf16(&value, path->data, path->data_cb / 2);
    if (!value.s || value.failed)
        return;
    fvm_text_putc(out, ';');
    add_expanded(out, value.s, user);
}

static bool search_in(struct location *out, const char *name, char *folders)
{
    char *folder;

    while (folders && (folder = strsep(&folders, ";"))) {
        char path[4096];

        if (!isalpha((unsigned char)folder[0]) || folder[1] != ':')
            continue;
        snprintf(path, sizeof(path), "%s\\%s", folder + 2, name);
        if (locate_with_extensions(out, (char)tolower((unsigned char)folder[0]), path))
            return true;
    }
    return false;
}

/* A name without folder: the system's folders, then the VM's PATH, which takes reading its hives.
 */
static bool search(struct location *out, const char *name, const char *user)
{
    FVM_CLEANUP(text) struct fvm_text path = {0};
    char system[] = "C:\\windows\\system32;C:\\windows;C:\\windows\\system32\\wbem";

    if (search_in(out, name, system))
        return true;
    add_registry_path(
        &path, "/prefix/system.reg",
        "HKEY_LOCAL_MACHINE\\System\\CurrentControlSet\\Control\\Session Manager\\Environment",
        user);
    add_registry_path(&path, "/prefix/user.reg", "HKEY_LOCAL_MACHINE\\Environment", user);
    return !path.failed && path.s && search_in(out, name, path.s);
}

static int locate(struct location *out, const struct fvm_program *program, struct fvm_error *err)
{
    const char *name = program->argv[0];

    if (program->linux_path) {
        if (locate_on_drive(out, 'z', program->linux_path, ""))
            return 0;
        return fvm_fail(
            err, -ENOENT,
            "'%s' is not visible in the VM; run it from its own folder, or by its Windows path",
            name);
    }
    if (isalpha((unsigned char)name[0]) && name[1] == ':') {
        if (locate_with_extensions(out, (char)tolower((unsigned char)name[0]), name + 2))
            return 0;
        return fvm_fail(err, -ENOENT, "no program '%s' in the VM", name);
    }
    if (!strpbrk(name, "/\\") && search(out, name, program->user))
        return 0;
    return fvm_fail(err, -ENOENT, "no program '%s': neither a file here nor on the VM's PATH",
                    name);
}

static int judge(const struct location *where, const char *name, bool wine32, struct fvm_error *err)
{
    FVM_CLEANUP(fd) int fd = open(where->linux_path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    uint8_t head[FVM_PE_HEAD_CB];
    struct stat st;
    ssize_t cb = fd < 0 ? -1 : pread(fd, head, sizeof(head), 0);

    if (cb < 0)
        return fvm_fail(err, -ENOEXEC, "cannot read program '%s': %s", name, strerror(errno));
    switch (fvm_pe_kind(head, (size_t)cb)) {
    case FVM_PE_I386:
        if (!wine32)
            return fvm_fail(err, -ENOPKG, "'%s' is a 32-bit program", name);
        /* fallthrough */
    case FVM_PE_X64:
        if (fstat(fd, &st) || (uint64_t)st.st_size >= fvm_pe_least_cb(head, (size_t)cb))
            return 0;
        return fvm_fail(err, -ENOEXEC, "'%s' is cut short: its end is missing; get it again", name);
    case FVM_PE_ARM64:
    case FVM_PE_OTHER:
        return fvm_fail(err, -ENOEXEC,
                        "'%s' is a Windows program for another processor; use its x64 edition",
                        name);
    case FVM_PE_DOS:
    case FVM_PE_WIN16:
        return fvm_fail(
            err, -ENOEXEC,
            "'%s' is a 16-bit or DOS program; only 64-bit and 32-bit Windows programs run", name);
    case FVM_PE_LIBRARY:
        return fvm_fail(err, -ENOEXEC,
                        "'%s' is a library (DLL), not a program; use: rundll32 '%s',FUNCTION", name,
                        name);
    case FVM_PE_NONE:
        break;
    }
    return fvm_fail(err, -ENOEXEC, "'%s' is not a Windows program (.exe, .com, .bat, .cmd, .msi)",
                    name);
}

static bool ends_with(const char *path, const char *extension)
{
    size_t cb = strlen(path), ext_cb = strlen(extension);

    return cb >= ext_cb && !strcasecmp(path + cb - ext_cb, extension);
}

int fvm_program_resolve(char **argv, const struct fvm_program *program, bool wine32,
                        const char *pipes, unsigned number, struct fvm_error *err)
{
    static struct location where; /* argv borrows from it until exec */
    static char number_text[16];
    bool batch, package;
    int result;

    where.number = number;
    result = locate(&where, program, err);
    if (result == -ENOENT && number && !program->linux_path) {
        snprintf(where.windows_path, sizeof(where.windows_path), "%s", program->argv[0]);
        result = 0;
    }
    if (result)
        return result;
    batch = ends_with(where.windows_path, ".bat") || ends_with(where.windows_path, ".cmd");
    package = ends_with(where.windows_path, ".msi");
    if (!batch && !package && where.linux_path[0]) {
        result = judge(&where, program->argv[0], wine32, err);
        if (result)
            return result;
    }
    *argv++ = (char *)"wine64";
    if (*pipes)
        *argv++ = (char *)"Z:\\fvm\\fvmpipe.exe";
    if (number) {
        snprintf(number_text, sizeof(number_text), "%u", number);
        *argv++ = (char *)"Z:\\fvm\\fvmstart.exe";
        *argv++ = (char *)"--vm";
        *argv++ = number_text;
        if (fvm_has_drive(program->cwd)) {
            *argv++ = (char *)"--cwd";
            *argv++ = (char *)program->cwd;
        }
    }
    if (batch) {
        *argv++ = (char *)"C:\\windows\\system32\\cmd.exe";
        *argv++ = (char *)"/c";
    } else if (package) {
        *argv++ = (char *)"C:\\windows\\system32\\msiexec.exe";
        *argv++ = (char *)"/i";
    }
    *argv++ = where.windows_path;
    for (char **arg = program->argv + 1; *arg; arg++)
        *argv++ = *arg;
    *argv = NULL;
    return 0;
}

/* launcher/host_display.c: the user's own display and sound, for a VM that shall have them: which
 * sockets those are, and what opens them. Found in the command, as whoever called; shown by pid 1,
 * a child of the command's child. See terms.h. */
#include "launcher/terms.h"
#include "store/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#define KEY_NAME "MIT-MAGIC-COOKIE-1"
enum { KEY_MAX_CB = 64, SOUND_KEY_MAX_CB = 1024, KEYS_MAX_CB = 1 << 20, FAMILY_WILD = 0xffff };

static struct {
    char display[128], sound[108]; /* their sockets: where this process reaches them; "": none */
    char key[KEY_MAX_CB];          /* of the display */
    size_t key_cb;
    struct fvm_text sound_key;
} found;

/* --- the display --------------------------------------------------------------------------------
 */

/* ":1" or ":1.0", "unix:1" */
static int parse_display(const char *display, unsigned *number, struct fvm_error *err)
{
    const char *at;
    char *end;
    unsigned long value;

    if (!display || !*display)
        return fvm_fail(
            err, -ENOENT,
            "--display host needs a display, and $DISPLAY is not set; without one there "
            "is: --display private");
    at = !strncmp(display, "unix:", 5) ? display + 5 : display + 1;
    value = strtoul(at, &end, 10);
    if ((display[0] != ':' && at == display + 1) || end == at || (*end && *end != '.') ||
        value > 65535)
        return fvm_fail(err, -EINVAL,
                        "--display host needs a display of this machine, such as :0, and $DISPLAY "
                        "is '%s'",
                        display);
    *number = (unsigned)value;
    return 0;
}

struct field {
    const uint8_t *s;
    size_t cb;
};

/* Two bytes of length, then as many bytes. @return false: the file ends before */
static bool take_field(const uint8_t **at, const uint8_t *end, struct field *field)
{
    if (end - *at < 2)
        return false;
    field->cb = (size_t)(*at)[0] << 8 | (*at)[1];
    field->s = *at + 2;
    if ((size_t)(end - field->s) < field->cb)
        return false;
    *at = field->s + field->cb;
    return true;
}

static bool is_text(const struct field *field, const char *s)
{
    return field->cb == strlen(s) && !memcmp(field->s, s, field->cb);
}

/* Of a file of keys (libXau's format) the first one for this machine's display. */
static void find_key(const struct fvm_text *file, unsigned number)
{
    const uint8_t *at = (const uint8_t *)file->s, *end = at + file->cb;
    char host[256] = "", digits[16];

    gethostname(host, sizeof(host) - 1);
    snprintf(digits, sizeof(digits), "%u", number);
    while (end - at > 2) {
        unsigned family = (unsigned)at[0] << 8 | at[1];
        struct field address, display, name, key;

        at += 2;
        if (!take_field(&at, end, &address) || !take_field(&at, end, &display) ||
            !take_field(&at, end, &name) || !take_field(&at, end, &key))
            return;
        if ((family != FAMILY_WILD && !(family == 256 && is_text(&address, host))) ||
            (display.cb && !is_text(&display, digits)) || !is_text(&name, KEY_NAME) ||
            key.cb > KEY_MAX_CB)
            continue;
        memcpy(found.key, key.s, key.cb);
        found.key_cb = key.cb;
        return;
    }
}

static void read_key(unsigned number)
{
    FVM_CLEANUP(text) struct fvm_text path = {0};
    FVM_CLEANUP(text) struct fvm_text file = {0};
    const char *named = getenv("XAUTHORITY"), *home = getenv("HOME");

    if (named && *named)
        fvm_text_puts(&path, named);
    else if (home)
        fvm_text_printf(&path, "%s/.Xauthority", home);
    if (path.cb && !path.failed && !fvm_file_read(&file, AT_FDCWD, path.s, KEYS_MAX_CB, NULL) &&
        file.cb)
        find_key(&file, number);
}

static int connect_to(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    FVM_CLEANUP(fd) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)))
        return -errno;
    return FVM_STEAL(fd, -1);
}

/* Says "here I am" as a program would. The server's first byte: 1, come in. */
static bool lets_in(int fd)
{
    char hello[12 + 20 + KEY_MAX_CB + 4] = {'l', 0, 11, 0, 0, 0, 0, 0, 0, 0, 0, 0}, answer = 0;
    size_t cb = 12;

    if (found.key_cb) {
        hello[6] = sizeof(KEY_NAME) - 1;
        hello[8] = (char)found.key_cb;
        memcpy(hello + cb, KEY_NAME, sizeof(KEY_NAME) - 1);
        cb += 20; /* each padded to four */
        memcpy(hello + cb, found.key, found.key_cb);
        cb += (found.key_cb + 3) & ~(size_t)3;
    }
    return send(fd, hello, cb, MSG_NOSIGNAL) == (ssize_t)cb && recv(fd, &answer, 1, 0) == 1 &&
           answer == 1;
}

int fvm_host_display_ready(struct fvm_error *err)
{
    FVM_CLEANUP(fd) int fd = -1;
    unsigned number = 0;
    int result = parse_display(getenv("DISPLAY"), &number, err);

    if (result)
        return result;
    snprintf(found.display, sizeof(found.display), "/tmp/.X11-unix/X%u", number);
    read_key(number);
    fd = connect_to(found.display);
    if (fd < 0)
        return fvm_fail(err, fd, "the display :%u cannot be reached by %s: %s", number,
                        found.display, strerror(-fd));
    /* The VM's user is another one than root: the display knows it by the key only. */
    if (geteuid() == 0 && !found.key_cb)
        return fvm_fail(err, -EACCES,
                        "no key for the display :%u in $XAUTHORITY or ~/.Xauthority, without which "
                        "it lets the user of root's VMs not in",
                        number);
    if (!lets_in(fd))
        return fvm_fail(
            err, -EACCES,
            "the display :%u does not let you in; is $XAUTHORITY the file with its key?", number);
    return 0;
}

/* --- sound --------------------------------------------------------------------------------------
 */

static void find_sound_key(void)
{
    FVM_CLEANUP(text) struct fvm_text path = {0};
    const char *named = getenv("PULSE_COOKIE"), *home = getenv("HOME");

    if (named && *named)
        fvm_text_puts(&path, named);
    else if (home)
        fvm_text_printf(&path, "%s/.config/pulse/cookie", home);
    if (path.cb && !path.failed)
        fvm_file_read(&found.sound_key, AT_FDCWD, path.s, SOUND_KEY_MAX_CB, NULL);
}

int fvm_host_sound_ready(struct fvm_error *err)
{
    const char *server = getenv("PULSE_SERVER"), *folder = getenv("XDG_RUNTIME_DIR");
    FVM_CLEANUP(fd) int fd = -1;
    int cb;

    if (server && !strncmp(server, "unix:", 5))
        cb = snprintf(found.sound, sizeof(found.sound), "%s", server + 5);
    else if (server && server[0] == '/')
        cb = snprintf(found.sound, sizeof(found.sound), "%s", server);
    else if (server && *server)
        return fvm_fail(err, -EINVAL,
                        "--sound needs a sound server of this machine, and $PULSE_SERVER is '%s'",
                        server);
    else if (folder && *folder)
        cb = snprintf(found.sound, sizeof(found.sound), "%s/pulse/native", folder);
    else
        return fvm_fail(err, -ENOENT,
                        "--sound needs PulseAudio or PipeWire, and $XDG_RUNTIME_DIR is not set");
    if (cb >= (int)sizeof(found.sound))
        return fvm_fail(err, -ENAMETOOLONG, "the sound server's socket has too long a name");
    fd = connect_to(found.sound);
    if (fd < 0)
        return fvm_fail(err, fd,
                        "--sound needs PulseAudio or PipeWire (pipewire-pulse), and there is none "
                        "at %s: %s",
                        found.sound, strerror(-fd));
    find_sound_key();
    return 0;
}

/* --- root, and the VM's root --------------------------------------------------------------------
 */

static int keep(char *path, size_t cap, const char *name, struct fvm_error *err)
{
    if (!*path)
        return 0;
    fvm_close(open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    if (mount(path, name, NULL, MS_BIND, NULL))
        return fvm_fail(err, -errno, "cannot show '%s': %s", path, strerror(errno));
    snprintf(path, cap, "%s", name);
    return 0;
}

int fvm_host_keep(struct fvm_error *err)
{
    int result = keep(found.display, sizeof(found.display), "shown/display", err);

    return result ? result : keep(found.sound, sizeof(found.sound), "shown/sound", err);
}

/* Read-only: the socket may be the VM's user's own, and must not be opened wider. */
static int show(const char *socket, const char *place, struct fvm_error *err)
{
    struct mount_attr attr = {.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
                                          MOUNT_ATTR_NOEXEC};

    fvm_close(open(place, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    if (mount(socket, place, NULL, MS_BIND, NULL) ||
        mount_setattr(AT_FDCWD, place, 0, &attr, sizeof(attr)))
        return fvm_fail(err, -errno, "cannot show '%s' to the VM: %s", socket, strerror(errno));
    return 0;
}

static int write_key(const char *path, const struct fvm_text *key, struct fvm_error *err)
{
    FVM_CLEANUP(fd) int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    if (key->failed || fd < 0 || write(fd, key->s, key->cb) != (ssize_t)key->cb)
        return fvm_fail(err, -errno, "cannot write '%s' for the VM: %s", path, strerror(errno));
    return 0;
}

/* The one key, for whatever the machine is called: an entry as libXau reads it. */
static void add_field(struct fvm_text *text, const char *s, size_t cb)
{
    fvm_text_putc(text, (char)(cb >> 8));
    fvm_text_putc(text, (char)cb);
    fvm_text_add(text, s, cb);
}

static int show_display(struct fvm_error *err)
{
    FVM_CLEANUP(text) struct fvm_text key = {0};
    int result;

    if (mkdir("mnt/tmp/.X11-unix", 0755))
        return fvm_fail(err, -errno, "cannot make a place for the display: %s", strerror(errno));
    result = show(found.display, "mnt/tmp/.X11-unix/X0", err);
    if (result || !found.key_cb)
        return result;
    fvm_text_add(&key, "\xff\xff", 2);
    add_field(&key, "", 0);
    add_field(&key, "0", 1);
    add_field(&key, KEY_NAME, sizeof(KEY_NAME) - 1);
    add_field(&key, found.key, found.key_cb);
    return write_key("mnt/run/fvm/display-key", &key, err);
}

int fvm_host_show(const struct fvm_terms *terms, struct fvm_error *err)
{
    int result = terms->display == FVM_DISPLAY_HOST ? show_display(err) : 0;

    if (result || !terms->sound)
        return result;
    result = show(found.sound, "mnt/run/fvm/sound", err);
    return result || !found.sound_key.cb
               ? result
               : write_key("mnt/run/fvm/sound-key", &found.sound_key, err);
}

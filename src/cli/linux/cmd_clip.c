/* cli/linux/cmd_clip.c: `fvm clip`: text to and from a VM's clipboard, only when it is said. */
#include "cli/linux/display.h"
#include "core/utf.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define XCLIP "/usr/bin/xclip"

enum { CLIP_MAX_CB = 1 << 20 };

/* xclip stays in the VM and serves what it was given until a program copies something else; pid 1
 * knows it, and does not wait for it. */
static const char *const put_argv[] = {XCLIP, "-in",         "-selection", "clipboard",
                                       "-t",  "UTF8_STRING", NULL};
static const char *const get_argv[] = {XCLIP, "-out",        "-selection", "clipboard",
                                       "-t",  "UTF8_STRING", NULL};

/* Text only: a program that takes it must not meet what no keyboard could have typed. */
static int check_text(const struct fvm_text *text, const char *whose, struct fvm_error *err)
{
    const char *at = text->s, *end = text->s + text->cb;

    if (text->cb && memchr(text->s, 0, text->cb))
        return fvm_fail(err, -EILSEQ, "%s is no text: it has a zero byte", whose);
    while (at < end)
        if (fvm_utf8_next(&at, end) & FVM_UTF8_BAD)
            return fvm_fail(err, -EILSEQ, "%s is no UTF-8 text", whose);
    return 0;
}

static int read_input(struct fvm_text *text, struct fvm_error *err)
{
    char part[65536];
    ssize_t got;

    while ((got = read(0, part, sizeof(part))) > 0 && text->cb <= CLIP_MAX_CB)
        fvm_text_add(text, part, (size_t)got);
    if (got < 0)
        return fvm_fail(err, -errno, "cannot read standard input: %s", strerror(errno));
    if (text->failed)
        return fvm_fail(err, -ENOMEM, "out of memory");
    if (text->cb > CLIP_MAX_CB)
        return fvm_fail(err, -EFBIG, "standard input is too long for a clipboard: at most %d kB",
                        CLIP_MAX_CB >> 10);
    return check_text(text, "standard input", err);
}

static int put(const struct cli_screen *screen, const struct fvm_text *text, struct fvm_error *err)
{
    struct fvm_tool tool = {.argv = put_argv,
                            .terms = &screen->terms,
                            .in = text->cb ? text->s : "",
                            .in_cb = text->cb};
    int code = fvm_tool_run(&screen->link, &screen->world.store, &tool, NULL, err);

    return code > 0
               ? fvm_fail(err, -EIO, "xclip cannot reach the display of VM '%s'", screen->vm.name)
               : code;
}

static int get(const struct cli_screen *screen, struct fvm_text *text, struct fvm_error *err)
{
    struct fvm_tool tool = {.argv = get_argv, .terms = &screen->terms, .max_cb = CLIP_MAX_CB};
    int code = fvm_tool_run(&screen->link, &screen->world.store, &tool, text, err);

    if (code > 0)
        return fvm_fail(err, -ENODATA, "there is no text on the clipboard of VM '%s'",
                        screen->vm.name);
    return code ? code : check_text(text, "what is on the clipboard", err);
}

/* The text is the VM's: a terminal is shown it, and does not obey it. */
static int print(const struct fvm_text *text)
{
    FVM_CLEANUP(text) struct fvm_text shown = {0};
    const char *line = text->s, *end = text->s + text->cb;

    if (!isatty(1))
        return cli_print(text);
    while (line < end) {
        const char *stop = memchr(line, '\n', (size_t)(end - line));

        fvm_utf8_add_visible(&shown, line, (size_t)((stop ? stop : end) - line));
        fvm_text_putc(&shown, '\n');
        line = stop ? stop + 1 : end;
    }
    return cli_print(&shown);
}

int cli_clip(const struct cli_words *words)
{
    FVM_CLEANUP(text) struct fvm_text text = {0};
    bool is_put = !strcmp(words->words[1], "put");
    struct cli_screen screen;
    struct fvm_error err = {{0}};
    int result = cli_need_tool("clip", XCLIP, "xclip", &err);

    if (!result && is_put)
        result = read_input(&text, &err);
    if (result)
        return cli_failure(&err);
    cli_screen_defer_signals();
    result = cli_screen_open(&screen, words->words[0], &err);
    if (!result)
        result = is_put ? put(&screen, &text, &err) : get(&screen, &text, &err);
    cli_screen_close(&screen);
    if (result)
        return cli_failure(&err);
    return is_put || !text.cb ? CLI_OK : print(&text);
}

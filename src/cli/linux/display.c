/* cli/linux/display.c: see display.h. */
#include "cli/linux/display.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

static void mask_signals(int how)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGQUIT);
    sigprocmask(how, &set, NULL);
}

void cli_screen_defer_signals(void)
{
    mask_signals(SIG_BLOCK);
}

int cli_screen_open(struct cli_screen *screen, const char *name, struct fvm_error *err)
{
    int result;

    *screen = (struct cli_screen){.world = {.store = {.fd = -1}},
                                  .vm = {.fd = -1},
                                  .link = {.fd = -1, .ns = {-1, -1, -1, -1, -1, -1}}};
    result = cli_open(&screen->world, NULL, 0, err);
    if (!result)
        result = fvm_vm_open(&screen->vm, &screen->world.store, name, err);
    if (!result)
        result = fvm_link_open(&screen->link, &screen->world.store, screen->vm.path, err);
    if (!result)
        result = fvm_vm_terms(&screen->terms, &screen->vm, err);
    if (!result && screen->terms.display != FVM_DISPLAY_PRIVATE)
        result = fvm_fail(err, -EINVAL,
                          "VM '%s' runs without a display of its own; one is given at its start: "
                          "fvm run --vm %s --display private ...",
                          screen->vm.name, screen->vm.name);
    return result;
}

void cli_screen_close(struct cli_screen *screen)
{
    /* Not closed without a word: that would stop a VM held by nobody. */
    if (screen->link.fd >= 0)
        fvm_link_release(&screen->link);
    fvm_link_close(&screen->link);
    fvm_terms_free(&screen->terms);
    fvm_vm_close(&screen->vm);
    cli_close(&screen->world);
    mask_signals(SIG_UNBLOCK);
}

int cli_need_tool(const char *command, const char *file, const char *package, struct fvm_error *err)
{
    if (!access(file, X_OK))
        return 0;
    return fvm_fail(err, -ENOPKG, "fvm %s needs %s; install it: sudo apt install %s", command, file,
                    package);
}
